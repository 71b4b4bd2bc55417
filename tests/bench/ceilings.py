# SPDX-License-Identifier: MIT
"""What the arithmetic allows: bytes of payload per second on a line of so many baud, ten bits a
byte, with so many seconds from the end of a command to the first byte of its answer. The module's
largest chunk is 1500 bytes (manual 2.4, 2.5)."""
import math

CHUNK = 1500
READ = len("AT+CIPRXGET=2,9\r")
READ_ANSWER = len("\r\n+CIPRXGET: 2,9,1500,64036\r\n") + len("\r\n") + len("\r\nOK\r\n")
SEND = len("AT+CIPSEND=9,1500\r")
PROMPT = len("\r\n>")
SEND_ANSWER = len("\r\nOK\r\n") + len("\r\n+CIPSEND: 9,1500,1500\r\n")
PUSH = len("\r\n+RECEIVE,9,1500\r\n")


def _read_time(byte, turnaround):
    return (READ + READ_ANSWER + CHUNK) * byte + turnaround


def _send_time(byte, turnaround):
    return (SEND + PROMPT + CHUNK + SEND_ANSWER) * byte + 2 * turnaround


def _pushed_both(byte, turnaround):
    """A pushed payload is not interrupted: the prompt, and then the answer, wait for the end of the
    one that is on the line. So a send takes a whole number of pushed payloads' times, and the best
    size is the one that just fits."""
    pushed = (PUSH + CHUNK) * byte
    until_prompt = math.ceil((SEND * byte + turnaround) / pushed)
    best = 0
    for count in range(1, 200):
        size = min(CHUNK, int((count * pushed - turnaround) / byte))
        if size <= 0:
            continue
        turns = until_prompt + count
        cycle = turns * pushed + (PROMPT + SEND_ANSWER) * byte
        best = max(best, (turns * CHUNK + size) / cycle)
        if size == CHUNK:
            break
    return best


def ceiling(mode, direction, baud, turnaround):
    byte = 10 / baud
    if mode == "transparent":
        return (2 if direction == "both" else 1) / byte
    if direction == "up":
        return CHUNK / _send_time(byte, turnaround)
    if mode == "buffer":
        if direction == "down":
            return CHUNK / _read_time(byte, turnaround)
        return 2 * CHUNK / (_read_time(byte, turnaround) + _send_time(byte, turnaround))
    if direction == "down":
        return CHUNK / ((CHUNK + PUSH) * byte)
    return _pushed_both(byte, turnaround)
