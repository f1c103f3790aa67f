# Sourced by a script of this folder: makes the virtual environment of a peer in
# the cache folder, of what stands in PEER-requirements.txt, or says what is
# skipped and ends. From PyPI, through whatever index and proxy pip is set up for.
#   . venv.sh PEER "what is skipped without it"
# It sets here, root and venv. The hash in its name makes another venv of other
# requirements.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)

if ! python3 -c 'import venv, ensurepip' 2>/dev/null; then
  echo "skipped: $2, because there is no Python 3 with venv"
  exit 0
fi
venv=${XDG_CACHE_HOME:-$HOME/.cache}/accord/$1-$(sha256sum "$here/$1-requirements.txt" | cut -c1-12)
if [ ! -e "$venv/ready" ]; then
  rm -rf "$venv"
  python3 -m venv "$venv"
  if ! "$venv/bin/pip" install --disable-pip-version-check --retries 1 --no-deps \
    -r "$here/$1-requirements.txt" >"$venv/pip.log" 2>&1; then
    echo "skipped: $2, because pip could not install them (see $venv/pip.log)"
    exit 0
  fi
  touch "$venv/ready"
fi
export PYTHONDONTWRITEBYTECODE=1 # no __pycache__ in the checkout

# build makes the program that the peer is held against.
build() { CGO_ENABLED=0 go build -C "$root" -o "$root/.build/accord" ./server/cmd/accord; }
