"""What a conversation is, and how a reply is made. Nothing here draws, and nothing here touches a disk."""
