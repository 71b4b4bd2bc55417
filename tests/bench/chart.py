# SPDX-License-Identifier: MIT
"""The rates as a picture: share of the line rate, a group of bars for each rate, a panel for each
turnaround. Plain SVG."""
from . import ceilings, flows

COLOURS = {"buffer": "#c2703d", "auto": "#2f6f9f", "transparent": "#5a9367"}
NAMES = {"down": "Download", "up": "Upload", "both": "Both at once"}
PPP = 0.955
PANEL, HEIGHT, LEFT, TOP, GAP = 270, 220, 46, 58, 24
STYLE = "font-family='sans-serif' fill='#333'"


def _text(x, y, words, size=11, anchor="middle"):
    return (f"<text x='{x:.1f}' y='{y:.1f}' font-size='{size}' text-anchor='{anchor}' {STYLE}>"
            f"{words}</text>")


def _rate(baud):
    return f"{baud / 1e6:g} M" if baud >= 1e6 else f"{baud / 1000:g} k"


def draw(direction, measured):
    """`measured`: (case, flow) pairs, paced ones of one direction."""
    bauds = sorted({case.baud for case, _ in measured})
    turnarounds = sorted({case.turnaround for case, _ in measured})
    top_share = 2.0 if direction == "both" else 1.0
    values = {(case.baud, case.turnaround, case.mode): flow.rate * 10 / case.baud
              for case, flow in measured}
    width = LEFT + len(turnarounds) * (PANEL + GAP)
    out = [f"<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{TOP + HEIGHT + 62}'>",
           "<rect width='100%' height='100%' fill='white'/>",
           _text(LEFT, 20, f"{NAMES[direction]}: share of the line rate of one direction", 14,
                 "start")]

    def y(share):
        return TOP + HEIGHT * (1 - share / (top_share * 1.05))

    for panel, turnaround in enumerate(turnarounds):
        x0 = LEFT + panel * (PANEL + GAP)
        out.append(_text(x0 + PANEL / 2, 44, f"turnaround {turnaround * 1000:.0f} ms", 12))
        for tenth in range(0, int(top_share * 10) + 1, 2):
            at = y(tenth / 10)
            out.append(f"<line x1='{x0}' x2='{x0 + PANEL}' y1='{at:.1f}' y2='{at:.1f}' "
                       "stroke='#ddd'/>")
            if panel == 0:
                out.append(_text(x0 - 6, at + 4, f"{tenth / 10:.1f}", 11, "end"))
        group = PANEL / len(bauds)
        bar = group * 0.8 / len(flows.MODES)
        for i, baud in enumerate(bauds):
            for j, mode in enumerate(flows.MODES):
                share = values.get((baud, turnaround, mode))
                if share is None:
                    continue
                x = x0 + i * group + group * 0.1 + j * bar
                out.append(f"<rect x='{x:.1f}' y='{y(share):.1f}' width='{bar - 1:.1f}' "
                           f"height='{y(0) - y(share):.1f}' fill='{COLOURS[mode]}'/>")
                limit = y(ceilings.ceiling(mode, direction, baud, turnaround) * 10 / baud)
                out.append(f"<line x1='{x:.1f}' x2='{x + bar - 1:.1f}' y1='{limit:.1f}' "
                           f"y2='{limit:.1f}' stroke='black'/>")
            out.append(_text(x0 + (i + 0.5) * group, y(0) + 16, _rate(baud)))
        if direction != "both":
            out.append(f"<line x1='{x0}' x2='{x0 + PANEL}' y1='{y(PPP):.1f}' y2='{y(PPP):.1f}' "
                       "stroke='#999' stroke-dasharray='4 3'/>")
    x = LEFT
    legend = TOP + HEIGHT + 46
    for mode in flows.MODES:
        out.append(f"<rect x='{x}' y='{legend - 9}' width='10' height='10' "
                   f"fill='{COLOURS[mode]}'/>")
        out.append(_text(x + 15, legend, mode, 12, "start"))
        x += 110
    note = "black: the arithmetic ceiling"
    if direction != "both":
        note += "; dashed: PPP"
    out.append(_text(x, legend, note, 12, "start"))
    out.append("</svg>")
    return "\n".join(out) + "\n"
