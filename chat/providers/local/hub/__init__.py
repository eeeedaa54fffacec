"""Models of one's own choice on this machine: GGUF files from Hugging Face, or from a mirror that `HF_ENDPOINT` names.

`huggingface_hub` knows the addresses, the tokens, the proxies and the cache that other programs share. It is imported
where it is used: that takes a quarter of a second, and who never gets a model never pays it.
"""
