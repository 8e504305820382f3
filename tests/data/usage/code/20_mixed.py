"""A script as people write them: a main function, globals, a class, an early exit."""

import argparse
import sys

from dynzuora import Client
from dynzuora.errors import ApiError

OPERATION = "GET_Invoice"
client = None


def connect():
    global client
    client = Client(profile="nightly")
    return client


def show(number: str) -> None:
    try:
        invoice = client.call(OPERATION, invoiceId=number)  # breaks: argument-renamed argument invoiceId
    except ApiError as error:
        sys.exit(str(error))
    if (due := invoice.get("dueDate")) is not None:  # breaks: reply-key-removed reply.dueDate
        print(due)
    total = sum(item["amount"] for item in invoice["items"] if item["chargeName"] != "Tax")  # breaks: reply-key-renamed reply.items.chargeName
    print(total, invoice["balance"])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("number")
    arguments = parser.parse_args()
    connect()
    show(arguments.number)
    while not client.call("GET_Payments", accountId=arguments.number)["payments"]:
        client.call("POST_Payment", body={"amount": 1, "gateway": "main"})


main()
