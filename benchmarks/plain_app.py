"""The plain tutorial chat app, for comparison: st.write_stream over a list of messages in st.session_state."""

import os

import streamlit as st
from openai import OpenAI

client = OpenAI()
if "messages" not in st.session_state:
    # A past to begin with, for measuring a later turn.
    earlier = [("user", "Please count."), ("assistant", "One and two and three and so on. " * 12)]
    st.session_state.messages = [
        {"role": role, "content": content}
        for _ in range(int(os.environ.get("PLAIN_TURNS", "0")))
        for role, content in earlier
    ]

for message in st.session_state.messages:
    with st.chat_message(message["role"]):
        st.markdown(message["content"])

if prompt := st.chat_input("Message"):
    st.session_state.messages.append({"role": "user", "content": prompt})
    with st.chat_message("user"):
        st.markdown(prompt)
    with st.chat_message("assistant"):
        stream = client.chat.completions.create(
            model=os.environ["PLAIN_MODEL"],
            messages=[{"role": each["role"], "content": each["content"]} for each in st.session_state.messages],
            stream=True,
        )
        response = st.write_stream(stream)
    st.session_state.messages.append({"role": "assistant", "content": response})
