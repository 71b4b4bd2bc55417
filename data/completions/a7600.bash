# SPDX-License-Identifier: MIT
# bash completion for a7600, a7600-trace and a7600-sim

_a7600_settings="--port --baud --flow --apn --apn-user --apn-password --apn-auth --pin --rx --mode
  --reset --bypass --engine --trace --log --connect-timeout --config"

# The values of the option before the cursor; status 1: it is none that has any.
_a7600_value() {
  case $1 in
    --port)
      COMPREPLY=($(compgen -W "auto $(compgen -G '/dev/serial/by-id/*') \
        $(compgen -G '/dev/ttyUSB*') $(compgen -G '/dev/ttyACM*')" -- "$2"))
      ;;
    --baud) COMPREPLY=($(compgen -W "9600 115200 230400 460800 921600 3000000" -- "$2")) ;;
    --flow) COMPREPLY=($(compgen -W "auto none rtscts" -- "$2")) ;;
    --apn-auth) COMPREPLY=($(compgen -W "auto pap chap" -- "$2")) ;;
    --rx) COMPREPLY=($(compgen -W "auto buffer push" -- "$2")) ;;
    --mode) COMPREPLY=($(compgen -W "command transparent" -- "$2")) ;;
    --reset) COMPREPLY=($(compgen -W "off cfun dtr cfun,dtr" -- "$2")) ;;
    --engine) COMPREPLY=($(compgen -W "auto thread spawn" -- "$2")) ;;
    --log) COMPREPLY=($(compgen -W "error warn info debug" -- "$2")) ;;
    --via) COMPREPLY=($(compgen -W "auto preload seccomp" -- "$2")) ;;
    --group) COMPREPLY=($(compgen -g -- "$2")) ;;
    --profile) COMPREPLY=($(compgen -W "manual a7670 sim7600" -- "$2")) ;;
    --unmapped) COMPREPLY=($(compgen -W "refused timeout unreachable" -- "$2")) ;;
    --fault) COMPREPLY=($(compgen -W "$(a7600-sim --list-faults 2>/dev/null | cut -d' ' -f1)" -- "$2")) ;;
    --config | --trace | --socket | --link | --control | -o) COMPREPLY=($(compgen -f -- "$2")) ;;
    *) return 1 ;;
  esac
}

# What comes behind "--" is another command's line. Status 1: there is no "--" yet.
_a7600_command_line() {
  local i
  for ((i = 1; i < COMP_CWORD; ++i)); do
    if [[ ${COMP_WORDS[i]} == -- ]]; then
      if declare -F _command_offset >/dev/null; then
        _command_offset $((i + 1))
      else
        COMPREPLY=($(compgen -c -- "${COMP_WORDS[COMP_CWORD]}"))
      fi
      return 0
    fi
  done
  return 1
}

_a7600() {
  local word=${COMP_WORDS[COMP_CWORD]} options
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W "run serve status at ports doctor --help --version" -- "$word"))
    return
  fi
  _a7600_command_line && return
  _a7600_value "${COMP_WORDS[COMP_CWORD - 1]}" "$word" && return
  case ${COMP_WORDS[1]} in
    run) options="--reserve --via $_a7600_settings --" ;;
    serve)
      options="--socket --socket-mode --group --reserve --user-links --idle --background
        $_a7600_settings"
      ;;
    status) options="--json --watch $_a7600_settings" ;;
    at) options="--force --timeout $_a7600_settings" ;;
    ports) options="--json --probe" ;;
    doctor)
      options="--url --patience --sample --json $_a7600_settings"
      [[ $word == -* ]] || COMPREPLY=($(compgen -c -- "$word"))
      ;;
  esac
  [[ $word == -* ]] && COMPREPLY=($(compgen -W "--help $options" -- "$word"))
}

_a7600_trace() {
  local word=${COMP_WORDS[COMP_CWORD]}
  _a7600_command_line && return
  _a7600_value "${COMP_WORDS[COMP_CWORD - 1]}" "$word" && return
  if [[ $word == -* ]]; then
    COMPREPLY=($(compgen -W "--help -e -t -s -o -c -f --payload --" -- "$word"))
  elif ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W "show summary report" -- "$word"))
  else
    COMPREPLY=($(compgen -f -- "$word"))
  fi
}

_a7600_sim() {
  local word=${COMP_WORDS[COMP_CWORD]}
  _a7600_value "${COMP_WORDS[COMP_CWORD - 1]}" "$word" && return
  COMPREPLY=($(compgen -W "--help --link --map --dns --listen-map --baud --latency-ms
    --net-latency-ms --second-port --second-link --second-baud --second-latency-ms --second-fault
    --urcs --rx-buffer --seed --profile --log --ip --unmapped --allow-external --hairpin
    --fault --list-faults --control" -- "$word"))
}

complete -F _a7600 a7600
complete -F _a7600_trace a7600-trace
complete -F _a7600_sim a7600-sim
