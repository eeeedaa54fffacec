"""The chat: one conversation, its messages, the input, the answer arriving."""

from ui.chat_page import header, messages
from ui.chat_page.message_box import draw_message_box
from ui.chat_page.open_conversation import opened, watch
from ui.page import open_page

with open_page("Chat") as visit:
    shown = opened(visit)
    conversation = shown.conversation

    header.draw(visit, conversation)
    draw_message_box(visit, conversation)
    if shown.is_behind or shown.is_aside:
        header.draw_other_branch(visit, shown)
    if conversation.path():
        messages.draw_path(visit, conversation)
    else:
        header.draw_greeting(visit, conversation)

    if shown.stored is not None:
        watch(visit, shown.stored)
