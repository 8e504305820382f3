"""Assistants: six tools over a client, as `dynzuora mcp` serves them to language models.

::

    from dynzuora import Client, load
    from dynzuora.assistants.tools import Tools
    tools = Tools(load(), lambda: Client.sandbox(read_only=True))
    print(tools("search", {"words": "cancel a subscription"}).text)

`tools` has no protocol and no thread of its own; `server` serves it with the SDK of the Model
Context Protocol (the extra ``mcp``).
"""
