#!/usr/bin/env python3
"""The Provisioning API with msal and requests: a token, an account, 100 numbers, pages, If-Match, retries.

    . DIR/env && python3 examples/provision.py [ACCOUNT]        (DIR/env is written by ./dev run)

On Debian: apt-get install python3-msal python3-requests. Against Entra ID leave out NUMGATE_CA and set NUMGATE_AUTHORITY to
https://login.microsoftonline.com.
"""
import email.utils
import os
import sys
import time
import uuid

import msal
import requests

URL = os.environ["NUMGATE_URL"]
if "NUMGATE_CA" in os.environ:
    os.environ["REQUESTS_CA_BUNDLE"] = os.environ["NUMGATE_CA"]  # msal and requests both look here
API_VERSION = "2024-02-29-preview"
RETRY_WAIT = float(os.environ.get("NUMGATE_RETRY_WAIT", "60"))  # shorter in tests
ATTEMPTS = 5


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
    """The requests of this example, each repeated by the rule of the API until it was answered:

        429, or 503 with Retry-After             wait as long as it says
        no connection, no answer, a cut answer,
        any other 5xx but 501                    wait RETRY_WAIT seconds
        and then                                 look the name up again, on a new connection, and send the same once more

    A change carries the same two Repeatability headers each time, so it is done once, whatever became of the first answer."""

    def __init__(self):
        self.session = requests.Session()
        self.token = token_source()

    def request(self, method, url, *, expect, headers=None, **options):
        headers = dict(headers or {})
        if method != "GET":
            headers["Repeatability-Request-ID"] = str(uuid.uuid4())
            headers["Repeatability-First-Sent"] = email.utils.formatdate(usegmt=True)
        if not url.startswith("https://"):
            url = f"{URL}{url}{'&' if '?' in url else '?'}api-version={API_VERSION}"
        for attempt in range(1, ATTEMPTS + 1):
            headers["Authorization"] = f"Bearer {self.token()}"
            reply = self.send(method, url, headers, options)
            wait = wait_after(reply)
            if wait is None or attempt == ATTEMPTS:
                break
            print(f"  {method}: {reply.status_code if reply is not None else 'no answer'}; again in {wait:g} s")
            time.sleep(wait)
            self.session.close()  # the connections it keeps; the next one looks the name up
        if reply is None or reply.status_code not in expect:
            raise SystemExit(f"{method} {url}: {f'{reply.status_code} {reply.text}' if reply is not None else 'no answer'}")
        return reply

    def send(self, method, url, headers, options):
        """The whole answer; None when there was none."""
        try:
            reply = self.session.request(method, url, headers=headers, timeout=30, **options)
        except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError):
            return None
        length = reply.headers.get("Content-Length", len(reply.content))  # older versions of requests take a cut answer for a whole one
        return reply if int(length) == len(reply.content) else None

    def numbers(self, account, page_size):
        """Every number of the account, page by page."""
        link = f"/accounts/{account}/numbers?maxpagesize={page_size}"
        while link:
            page = self.request("GET", link, expect=[200]).json()
            print(f"  a page of {len(page['value'])}")
            yield from page["value"]
            link = page.get("nextLink")


def wait_after(reply):
    """Seconds until the request is sent again; None: it was answered."""
    if reply is None:
        return RETRY_WAIT
    if reply.status_code in (429, 503) and "Retry-After" in reply.headers:
        return int(reply.headers["Retry-After"])
    return RETRY_WAIT if reply.status_code >= 500 and reply.status_code != 501 else None


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
