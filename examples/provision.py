#!/usr/bin/env python3
"""The Provisioning API with msal and requests: a token, an account, 100 numbers, pages, If-Match, retries.

    . DIR/env && python3 examples/provision.py [ACCOUNT]        (DIR/env is written by ./dev run)

On Debian: apt-get install python3-msal python3-requests. Against Entra ID leave out NUMGATE_CA and set NUMGATE_AUTHORITY to
https://login.microsoftonline.com.
"""
import email.utils
import os
import sys
import uuid

import msal
import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

URL = os.environ["NUMGATE_URL"]
if "NUMGATE_CA" in os.environ:
    os.environ["REQUESTS_CA_BUNDLE"] = os.environ["NUMGATE_CA"]  # msal and requests both look here
API_VERSION = "2024-02-29-preview"


def token_source():
    """A function that returns a good access token; msal keeps it until shortly before it ends."""
    app = msal.ConfidentialClientApplication(
        os.environ["NUMGATE_ADMIN_CLIENT_ID"],
        client_credential=os.environ["NUMGATE_ADMIN_CLIENT_SECRET"],
        authority=f"{os.environ['NUMGATE_AUTHORITY']}/{os.environ['NUMGATE_TENANT']}",
        validate_authority=False)  # the issuer is not one of Microsoft's: no instance discovery

    def token():
        scopes = [os.environ["NUMGATE_SCOPE"]]
        result = app.acquire_token_silent(scopes, account=None) or app.acquire_token_for_client(scopes=scopes)
        if "access_token" not in result:
            raise SystemExit(f"no token: {result.get('error')}: {result.get('error_description')}")
        return result["access_token"]

    return token


class Api:
    """The requests of this example. 429 and 503 are tried again when Retry-After says so; so are broken connections, since every
    change carries the two Repeatability headers and is done once however often it arrives."""

    def __init__(self):
        retry = Retry(total=4, backoff_factor=0.5, status_forcelist=[429, 500, 502, 503, 504], allowed_methods=None,
                      respect_retry_after_header=True, raise_on_status=False)
        self.session = requests.Session()
        self.session.mount("https://", HTTPAdapter(max_retries=retry))
        self.token = token_source()

    def request(self, method, url, *, expect, headers=None, **options):
        headers = {"Authorization": f"Bearer {self.token()}", **(headers or {})}
        if method != "GET":
            headers["Repeatability-Request-ID"] = str(uuid.uuid4())
            headers["Repeatability-First-Sent"] = email.utils.formatdate(usegmt=True)
        if not url.startswith("https://"):
            url = f"{URL}{url}{'&' if '?' in url else '?'}api-version={API_VERSION}"
        reply = self.session.request(method, url, headers=headers, timeout=30, **options)
        if reply.status_code not in expect:
            raise SystemExit(f"{method} {url}: {reply.status_code} {reply.text}")
        return reply

    def numbers(self, account, page_size):
        """Every number of the account, page by page."""
        link = f"/accounts/{account}/numbers?maxpagesize={page_size}"
        while link:
            page = self.request("GET", link, expect=[200]).json()
            print(f"  a page of {len(page['value'])}")
            yield from page["value"]
            link = page.get("nextLink")


def main():
    account = sys.argv[1] if len(sys.argv) > 1 else "example-python"
    api = Api()

    services = {"teamsDirectRouting": {"enabled": True, "syncEnabled": False}}
    reply = api.request("PUT", f"/accounts/{account}", json={"name": account, "serviceDetails": services}, expect=[200, 201])
    print(f"account {account}: {reply.status_code}")

    numbers = [f"+4930556{n:04}" for n in range(100)]
    batch = {"numbers": [{"telephoneNumber": n, "accountName": account, "serviceDetails": {"teamsDirectRouting": {"enabled": True}}}
                         for n in numbers]}
    reply = api.request("POST", f"/accounts/{account}:createOrUpdateNumbers", json=batch, expect=[200])
    print(f"{len(reply.json()['numbers'])} numbers in one request: {reply.headers['Repeatability-Result']}")

    found = [number["telephoneNumber"] for number in api.numbers(account, 30)]
    assert found == numbers, "the list is not what was sent"

    path = f"/accounts/{account}/numbers/{numbers[7]}"
    reply = api.request("GET", path, expect=[200])
    number, etag = reply.json(), reply.headers["ETag"]
    number["configuration"] = {"customSipHeader": "desk-7"}
    reply = api.request("PUT", path, json=number, headers={"If-Match": etag}, expect=[200])
    print(f"changed: {reply.json()['configuration']}")
    reply = api.request("PUT", path, json=number, headers={"If-Match": etag}, expect=[412])
    print(f"with the old ETag: {reply.status_code} {reply.json()['error']['code']}")

    api.request("DELETE", f"/accounts/{account}?deleteNumbers=true", expect=[204])
    print("account and numbers deleted")


if __name__ == "__main__":
    main()
