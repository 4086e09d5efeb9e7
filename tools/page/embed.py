"""embed.py STYLE SCRIPT HEADER: a style sheet and a script as C strings, and the script's hash for the
page's Content-Security-Policy: no other script runs there."""
import base64
import hashlib
import sys


def literal(text):
    lines = text.replace("\\", "\\\\").replace('"', '\\"').split("\n")
    return "\n".join(f'\t"{line}\\n"' for line in lines[:-1])


style, script = (open(name, encoding="utf-8").read() for name in sys.argv[1:3])
digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
with open(sys.argv[3], "w", encoding="utf-8") as header:
    header.write(f"static const char page_style[] =\n{literal(style)};\n"
                 f"static const char page_script[] =\n{literal(script)};\n"
                 f'static const char page_script_hash[] = "sha256-{digest}";\n')
