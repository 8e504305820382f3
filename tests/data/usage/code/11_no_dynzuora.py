"""Looks alike and is nothing of ours."""

import requests


class Phone:
    def call(self, number, **options):
        return {"dueDate": number, **options}


phone = Phone()
print(phone.call("0228 1234", status="Error")["dueDate"])
session = requests.Session()
settings = {"GET_LegacyReport": 1}
for name, value in settings.items():
    print(name, value)
print(session.request("GET", "https://example.com/v1/legacy/report").json()["url"])
