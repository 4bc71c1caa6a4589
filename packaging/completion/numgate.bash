_numgate() {
    local word=${COMP_WORDS[COMP_CWORD]} words=
    case $word in
    -*) words="--profile --config --url --base-domain --token-url --client-id --client-secret-file --client-key-file --client-key-id --token-file --scope --ca-file --name-servers --timeout --attempt-timeout --retry-wait --rate --json --quiet --verbose --no-color --help --filter --limit --if-match --yes --dry-run --delete-numbers --comment --atomic --resume --rejects --delete-missing --delete-limit --plus-optional --format --spreadsheet --output --all --out --subdomain --apply --confirm --file --settings --account --kind --verdict --outcome --wait --since --until " ;;
    *)
        if [ "$COMP_CWORD" = 1 ]; then
            words="account number rfi capability address audit sync dns job deployment me token export import doctor completion manual "
        elif [ "$COMP_CWORD" = 2 ]; then
        case ${COMP_WORDS[1]} in
        account) words="list show put delete import export " ;;
        number) words="list show find put delete import export " ;;
        rfi) words="list show set " ;;
        capability) words="plans available " ;;
        address) words="list show " ;;
        audit) words="list export " ;;
        sync) words="status list show retry pause resume reconcile orphans release " ;;
        dns) words="status list show check plan apply letters pause resume retry " ;;
        job) words="list show rows result create apply cancel retry " ;;
        deployment) words="show " ;;
        esac
        fi ;;
    esac
    COMPREPLY=($(compgen -W "$words" -- "$word"))
    [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "$word"))
}
complete -o filenames -F _numgate numgate
