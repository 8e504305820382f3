"""The plainest use there is."""

import dynzuora

client = dynzuora.Client(environment="SBX")
print(client.call("GET_LegacyReport")["url"])  # breaks: operation-removed
print(client.call("GET_Payments", pageSize=20)["payments"])
