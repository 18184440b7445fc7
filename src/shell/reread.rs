//! The table of programs that read words or their input as text of a language of their own. Only data: how a row
//! is applied is told in `reading`.

use super::reading::Kind;

/// One program, or several that take the same options.
pub(super) struct Row {
    pub(super) names: &'static [&'static str],
    pub(super) kind: Kind,
    pub(super) reads: Reads,
    /// Options whose values are read again, by letter or long name.
    pub(super) options: &'static [&'static str],
    /// Letters of the options that take a value.
    pub(super) valued: &'static str,
    /// Long options that take values, with how many.
    pub(super) long: &'static [(&'static str, usize)],
    /// After so many operands everything is an operand.
    pub(super) stops_after: usize,
    /// Words that may stand before the first operand.
    pub(super) subcommands: &'static [&'static str],
    pub(super) input: Input,
}

/// Which words are read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reads {
    All,
    /// Only what `options` names.
    Options,
    /// The first operand, unless one of these options gives the program.
    First {
        unless: &'static [&'static str],
    },
    /// The first operand, if this letter is among the options.
    FirstWith {
        letter: char,
    },
    /// The operands from this one on, counted from 0.
    From(usize),
    At(usize),
    /// The content of the first operand, a file.
    File,
}

/// How standard input is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Input {
    Data,
    Program,
    /// As a program where none is given otherwise.
    Script,
    /// By a command on another machine, or the shell there.
    Remote,
}

pub(super) const SHELLS: [&str; 7] = ["sh", "bash", "dash", "ash", "zsh", "ksh", "mksh"];

/// Programs that run another one, which they are given as words.
pub(super) const WRAPPERS: [&str; 32] = [
    "sudo",
    "doas",
    "env",
    "nohup",
    "nice",
    "ionice",
    "timeout",
    "time",
    "command",
    "builtin",
    "exec",
    "setsid",
    "stdbuf",
    "chroot",
    "unshare",
    "nsenter",
    "flock",
    "docker",
    "podman",
    "kubectl",
    "find",
    "strace",
    "ltrace",
    "chrt",
    "taskset",
    "runuser",
    "systemd-run",
    "busybox",
    "caffeinate",
    "oc",
    "nerdctl",
    "sshpass",
];

const ROW: Row = Row {
    names: &[],
    kind: Kind::Program(""),
    reads: Reads::Options,
    options: &[],
    valued: "",
    long: &[],
    stops_after: usize::MAX,
    subcommands: &[],
    input: Input::Data,
};

const BY_ENVIRONMENT: &str =
    "hand it over in the environment: `x=${…}` before the command, and read the variable `x` in the program";

pub(super) const ROWS: &[Row] = &[
    Row {
        names: &SHELLS,
        kind: Kind::Program(
            "hand it over as an argument and write `\"$1\"` in the program: `sh -c '… \"$1\"' sh ${…}`",
        ),
        reads: Reads::FirstWith { letter: 'c' },
        valued: "oO",
        stops_after: 1,
        input: Input::Script,
        ..ROW
    },
    Row {
        names: &["eval"],
        kind: Kind::Program(
            "run the command without `eval`, or name a variable in its text: `x=${…}; eval '… \"$x\"'`",
        ),
        reads: Reads::All,
        ..ROW
    },
    Row {
        names: &["trap"],
        kind: Kind::Program("name a variable in the text of the trap: `x=${…}; trap '… \"$x\"' EXIT`"),
        reads: Reads::At(0),
        ..ROW
    },
    Row {
        names: &["alias", "compgen", "complete"],
        kind: Kind::Program("write a function instead"),
        reads: Reads::All,
        ..ROW
    },
    Row {
        names: &["source", "."],
        kind: Kind::Program("set the variable without `source`"),
        reads: Reads::File,
        ..ROW
    },
    Row {
        names: &["ssh", "rsh", "slogin"],
        kind: Kind::Program("send it on standard input: `printf '%s\\n' ${…} | ssh HOST 'IFS= read -r x; … \"$x\"'`"),
        reads: Reads::From(1),
        valued: "BbcDEeFIiJLlmOopPQRSWw",
        stops_after: 2,
        input: Input::Remote,
        ..ROW
    },
    Row {
        names: &["xargs", "parallel"],
        kind: Kind::Program("loop in the shell instead: `for x in … ; do … \"$x\" ${…}; done`"),
        reads: Reads::All,
        input: Input::Program,
        ..ROW
    },
    Row {
        names: &["watch"],
        kind: Kind::Program("loop in the shell instead: `while sleep 2; do … ${…}; done`"),
        reads: Reads::From(0),
        valued: "n",
        stops_after: 1,
        ..ROW
    },
    Row {
        names: &["su", "runuser", "script", "flock"],
        kind: Kind::Program(BY_ENVIRONMENT),
        options: &["c", "--command", "--session-command"],
        valued: "c",
        long: &[("--command", 1), ("--session-command", 1)],
        ..ROW
    },
    Row {
        names: &["env"],
        kind: Kind::Program("write the words one by one, without `-S`"),
        options: &["S", "--split-string"],
        valued: "SuC",
        stops_after: 1,
        ..ROW
    },
    Row {
        names: &["at", "batch"],
        kind: Kind::Program("write a script file that takes it as an argument"),
        input: Input::Program,
        ..ROW
    },
    Row {
        names: &["awk", "gawk", "mawk", "nawk"],
        kind: Kind::Program("hand it over in the environment: `x=${…} awk '{ … ENVIRON[\"x\"] … }'`"),
        reads: Reads::First { unless: &["f", "e", "--file", "--source"] },
        options: &["e", "--source"],
        valued: "Fvfeil",
        stops_after: 1,
        ..ROW
    },
    Row {
        names: &["sed", "gsed"],
        kind: Kind::Program("write it in awk, which can take values: `x=${…} awk '{ … ENVIRON[\"x\"] … }'`"),
        reads: Reads::First { unless: &["e", "f", "--expression", "--file"] },
        options: &["e", "--expression"],
        valued: "efl",
        long: &[("--expression", 1), ("--file", 1)],
        ..ROW
    },
    Row {
        names: &["jq", "gojq", "jaq"],
        kind: Kind::Program("hand it over as an argument: `jq --arg x ${…} '… $x …'`"),
        reads: Reads::First { unless: &["f", "--from-file"] },
        valued: "fL",
        long: &[
            ("--arg", 2),
            ("--argjson", 2),
            ("--slurpfile", 2),
            ("--rawfile", 2),
            ("--indent", 1),
            ("--from-file", 1),
        ],
        ..ROW
    },
    Row {
        names: &["yq"],
        kind: Kind::Program("hand it over in the environment: `x=${…} yq '… strenv(x) …'`"),
        reads: Reads::First { unless: &["--from-file"] },
        valued: "pofI",
        subcommands: &["eval", "e", "eval-all", "ea"],
        long: &[("--from-file", 1)],
        ..ROW
    },
    Row {
        names: &["python"],
        kind: Kind::Program("hand it over as an argument and read `sys.argv[1]`: `python3 -c '…' ${…}`"),
        options: &["c"],
        valued: "cmWX",
        stops_after: 1,
        input: Input::Script,
        ..ROW
    },
    Row {
        names: &["perl", "ruby", "lua"],
        kind: Kind::Program("hand it over as an argument and read `ARGV` in the program"),
        options: &["e", "E"],
        valued: "eEIMmr",
        stops_after: 1,
        input: Input::Script,
        ..ROW
    },
    Row {
        names: &["node", "nodejs", "deno", "bun"],
        kind: Kind::Program("hand it over as an argument and read `process.argv` in the program"),
        options: &["e", "p", "--eval", "--print"],
        valued: "epr",
        long: &[("--eval", 1), ("--print", 1)],
        stops_after: 1,
        input: Input::Script,
        ..ROW
    },
    Row {
        names: &["php"],
        kind: Kind::Program("hand it over as an argument and read `$argv` in the program"),
        options: &["r"],
        valued: "rdcf",
        stops_after: 1,
        input: Input::Script,
        ..ROW
    },
    Row {
        names: &["psql"],
        kind: Kind::Program("hand it over as a variable and quote it in the query: `psql -v x=${…}` and `:'x'`"),
        options: &["c", "--command"],
        valued: "cdfvhpUFPRoLTv",
        long: &[("--command", 1)],
        input: Input::Program,
        ..ROW
    },
    Row {
        names: &["mysql", "mariadb"],
        kind: Kind::Program("call a script in a language that binds parameters"),
        options: &["e", "--execute"],
        valued: "ehuPDS",
        long: &[("--execute", 1)],
        input: Input::Program,
        ..ROW
    },
    Row {
        names: &["sqlite3"],
        kind: Kind::Program("call a script in a language that binds parameters"),
        reads: Reads::From(1),
        input: Input::Program,
        ..ROW
    },
    Row {
        names: &["printf"],
        kind: Kind::Program("write `%s` in the format and the value after it: `printf '… %s\\n' ${…}`"),
        reads: Reads::First { unless: &[] },
        options: &["v"],
        valued: "v",
        stops_after: 1,
        ..ROW
    },
    Row { names: &["let"], kind: Kind::Arithmetic, reads: Reads::All, ..ROW },
    Row { names: &["read"], kind: Kind::Name, reads: Reads::From(0), options: &["a"], valued: "adinNptu", ..ROW },
    Row {
        names: &["mapfile", "readarray"],
        kind: Kind::Name,
        reads: Reads::From(0),
        options: &["C"],
        valued: "dnOsuCc",
        ..ROW
    },
    Row { names: &["unset"], kind: Kind::Name, reads: Reads::From(0), ..ROW },
    Row { names: &["getopts"], kind: Kind::Name, reads: Reads::At(1), ..ROW },
    Row { names: &["test", "["], kind: Kind::Name, options: &["v"], valued: "v", ..ROW },
];
