#!/bin/sh
# `carevia WORDS` with the service's settings and as its user: sudo carevia doctor. Name files by their whole path.
set -eu
bin=/opt/carevia/.tools/run/bin
settings=/etc/carevia/carevia.env

# As systemd reads them, or this would sign with other secrets than the service: a value is the rest of its line, `#`
# and `$` included; quotes around it go. A backslash means something else in each kind of quotes: so there is none.
while read -r line || [ -n "$line" ]; do
    name=${line%%=*} value=${line#*=}
    case $name in
        "$line" | "" | [0-9]* | *[!A-Za-z0-9_]*) continue ;; # a comment, or nothing
    esac
    value=${value#"${value%%[! ]*}"} # blanks in front are none of it
    case $value in
        \'*\') value=${value#?} value=${value%?} ;;
        *\\*)
            echo "carevia: put the value of $name in $settings into single quotes: it has a backslash." >&2
            exit 2
            ;;
        \"*\") value=${value#?} value=${value%?} ;;
    esac
    export "$name=$value"
done < "$settings"

cd /var/lib/carevia
as=
[ "$(id -u)" -ne 0 ] || as="setpriv --reuid=carevia --regid=carevia --init-groups"
# shellcheck disable=SC2086
exec $as "$bin/carevia" "$@"
