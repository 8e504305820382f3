"""call = client.call, ids in a loop and in a dict."""

from dynzuora import Client

NAMES = {"pay": "GET_Payments", "memo": "GET_CreditMemos"}


def main(environment: str) -> None:
    with Client(environment=environment) as client:
        call = client.call
        for name in ("GET_Payments", "GET_LegacyReport", "GET_CreditMemos"):
            call(name)  # breaks: operation-removed
        call(NAMES["memo"], pageSize=5)
        for kind, name in NAMES.items():
            print(kind, call(name, page=2))


if __name__ == "__main__":
    main("SBX")
