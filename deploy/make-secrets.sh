#!/bin/sh
# Makes what docker-compose.yml reads as secrets, once: a file that is there is left as it is.
#
#   sh deploy/make-secrets.sh [DIRECTORY]      default: ./secrets
#
# Only you may enter the directory. The files in it are readable by everybody, because each is
# shown to some of the containers, in which the ledger runs as a user of its own.
set -eu

directory=${1:-secrets}
umask 077
mkdir -p "$directory"
chmod 700 "$directory"

password() { head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n'; }
key() { head -c 32 /dev/urandom | base64 | tr -d '\n'; }

keep() { # NAME VALUE
    [ -e "$directory/$1" ] && return
    printf '%s\n' "$2" >"$directory/.new"
    chmod 444 "$directory/.new"
    mv "$directory/.new" "$directory/$1"
    echo "made $directory/$1"
}

# passwords of the two superusers
keep postgres_password "$(password)"
keep keys_postgres_password "$(password)"

# the event database as each of its roles, and the key store
for role in app owner follower eraser consumer; do
    case $role in
    app) name=ledger_database_url ;;
    *) name=ledger_database_${role}_url ;;
    esac
    keep "$name" "postgresql://ledger_$role:$(password)@postgres:5432/ledger"
done
keep ledger_keys_url "postgresql://ledger_keys:$(password)@keys:5432/ledger_keys"

# the key-encryption key, and the key that signs checkpoints: keep copies of both elsewhere
keep ledger_kek "$(key)"
keep ledger_log_key "$(key)"
