"""Requiredness and types of what is read."""

from dynzuora import Client


class Accounts:
    def __init__(self, client: Client) -> None:
        self._client = client

    def name(self, key: str) -> str:
        account = self._client.call("GET_Account", account_key=key)
        return account["basicInfo"]["name"]  # breaks: reply-key-optional reply.basicInfo.name

    def tax(self, key: str) -> float:
        return self._client.ops.GET_Account(account_key=key)["basicInfo"]["tax"] * 2  # breaks: reply-type-changed reply.basicInfo.tax

    def balance(self, key: str) -> float:
        account = self._client.call("GET_Account", account_key=key)
        return account["metrics"]["balance"] or account["basicInfo"].get("name")
