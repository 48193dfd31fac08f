"""One of the writers: starts servers without end, and notes each start whose answer it has read to the end.

Arguments: port, prefix, secret, person, file of notes. A note is a line, `TICKET DECISION`; starts that were not
given are noted as `- STATUS`. Ends when its standard input closes.
"""

import http.client
import json
import os
import select
import sys
import time


def main(port, prefix, secret, person, notes):
    file = os.open(notes, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    ticket, connection = 0, None
    while not select.select([sys.stdin], [], [], 0)[0]:
        ticket += 1
        options = {"preset": "numbered", "values": {"ticket": str(ticket)}}
        asked = {"protocol": 1, "user": person, "server_name": "desk", "hub_groups": [], "options": options}
        try:
            connection = connection or http.client.HTTPConnection("127.0.0.1", int(port), timeout=5)
            connection.request("POST", prefix + "api/v1/hub/resolve", json.dumps(asked), headers)
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException):
            # Refused, reset or cut off: this start was never acknowledged.
            connection = None
            time.sleep(0.02)
            continue
        if answer.status == 200:
            os.write(file, f"{ticket} {json.loads(body)['decision']}\n".encode())
        else:
            os.write(file, f"- {answer.status}\n".encode())
            time.sleep(0.02)
        if ticket % 7 == 0:
            connection.close()
            connection = None


if __name__ == "__main__":
    main(*sys.argv[1:])
