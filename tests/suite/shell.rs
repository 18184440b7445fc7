//! Interpolation is not injection: hundreds of hostile values in every place of a script, really run by dash and bash.
//! In the templates `¤` is a hole and `¢` a raw hole.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use std::process::Command;

use rollout::shell::{Dialect, Hole, Part, Place, Problem, Script, lower};
use rollout::source::{SourceId, Span};

fn parts(template: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, mark) in template.char_indices().filter(|(_, char)| matches!(char, '¤' | '¢')) {
        parts.push(Part::Text(&template[start..at]));
        start = at + mark.len_utf8();
        let hole = Hole { index: parts.len() / 2, span: Span::new(SourceId(0), at as u32, start as u32) };
        parts.push(if mark == '¤' { Part::Hole(hole) } else { Part::Raw(hole) });
    }
    parts.push(Part::Text(&template[start..]));
    parts
}

fn lowered(template: &str, dialect: Dialect) -> Result<Script, Vec<Problem>> {
    lower(&parts(template), dialect)
}

fn text(template: &str, dialect: Dialect) -> String {
    let script = lowered(template, dialect).unwrap_or_else(|problems| panic!("`{template}`: {problems:?}"));
    script.text(|index| format!("<raw {index}>"))
}

fn places(template: &str, dialect: Dialect) -> Vec<Place> {
    let problems = lowered(template, dialect).err().unwrap_or_default();
    problems.into_iter().map(|problem| problem.place).collect()
}

#[test]
fn each_place_gets_its_own_quoting() {
    let cases = [
        ("echo ¤", r#"echo "${_r1}""#),
        ("echo a¤b¤", r#"echo a"${_r1}"b"${_r2}""#),
        (r#"echo "a ¤ b""#, r#"echo "a ${_r1} b""#),
        ("echo 'a ¤ b'", r#"echo 'a '"${_r1}"' b'"#),
        (r#"echo "$(cat '¤' ¤)""#, r#"echo "$(cat ''"${_r1}"'' "${_r2}")""#),
        ("cat <<EOF\n\"¤\"\nEOF\n", "cat <<EOF\n\"${_r1}\"\nEOF\n"),
        ("cat <<-EOF\n\t¤\n\tEOF\necho ¤", "cat <<-EOF\n\t${_r1}\n\tEOF\necho \"${_r2}\""),
        (
            "cat <<A <<'B' ; echo ¤\n¤\nA\nno\nB\necho ¤",
            "cat <<A <<'B' ; echo \"${_r1}\"\n${_r2}\nA\nno\nB\necho \"${_r3}\"",
        ),
        ("cat <<EOF\n$(echo ¤)\nEOF", "cat <<EOF\n$(echo \"${_r1}\")\nEOF"),
        ("echo a#¤ # no hole", r#"echo a#"${_r1}" # no hole"#),
        (r#"echo "$¤" $¤"#, r#"echo "\$${_r1}" \$"${_r2}""#),
        ("echo $HOME ${HOME:-x} $((1 + 2)) ¤", r#"echo $HOME ${HOME:-x} $((1 + 2)) "${_r1}""#),
        ("echo $(( $(wc -l <¤) + 1 ))", r#"echo $(( $(wc -l <"${_r1}") + 1 ))"#),
        ("echo ${x:-$(cat ¤)}", r#"echo ${x:-$(cat "${_r1}")}"#),
        ("x=¤ y=a:¤ run ¤", r#"x="${_r1}" y=a:"${_r2}" run "${_r3}""#),
        ("for x in ¤ b ¤; do echo $x; done", r#"for x in "${_r1}" b "${_r2}"; do echo $x; done"#),
        (
            "case ¤ in a|¤*) echo ¤ ;; (b) ;; esac; echo ¤",
            r#"case "${_r1}" in a|"${_r2}"*) echo "${_r3}" ;; (b) ;; esac; echo "${_r4}""#,
        ),
        ("echo $(case x in x) echo ¤;; esac) ¤", r#"echo $(case x in x) echo "${_r1}";; esac) "${_r2}""#),
        ("f() { echo ¤; }\nf ¤ >¤ 2>&1", "f() { echo \"${_r1}\"; }\nf \"${_r2}\" >\"${_r3}\" 2>&1"),
        ("cd ¤ && (echo ¤) | tee ¤ || ¤", r#"cd "${_r1}" && (echo "${_r2}") | tee "${_r3}" || "${_r4}""#),
        ("echo \\\n ¤ \\# '#' \"#\" ¤", "echo \\\n \"${_r1}\" \\# '#' \"#\" \"${_r2}\""),
        ("echo \"${x#'}'}\" ¤", "echo \"${x#'}'}\" \"${_r1}\""),
        ("echo \"${x:-it's}\" ¤", "echo \"${x:-it's}\" \"${_r1}\""),
        ("echo `echo \\`date\\`` ¤", "echo `echo \\`date\\`` \"${_r1}\""),
        ("¢ ¤ '¢'", r#"<raw 0> "${_r1}" '<raw 2>'"#),
        ("_r1=x; echo ¤", r#"_r1=x; echo "${_r_1}""#),
        ("echo $((ls; echo ¤) | wc -l)", r#"echo $((ls; echo "${_r1}") | wc -l)"#),
        ("sh -c 'echo \"$1\"' sh ¤", r#"sh -c 'echo "$1"' sh "${_r1}""#),
        ("ssh -p ¤ ¤ uptime", r#"ssh -p "${_r1}" "${_r2}" uptime"#),
        ("jq --arg x ¤ '.[$x]' ¤", r#"jq --arg x "${_r1}" '.[$x]' "${_r2}""#),
        ("awk -v x=¤ -F, '{ print x }' ¤", r#"awk -v x="${_r1}" -F, '{ print x }' "${_r2}""#),
        ("sed -e 's/a/b/' -i ¤", r#"sed -e 's/a/b/' -i "${_r1}""#),
        ("curl -fsS https://example.org/¤ | sh", r#"curl -fsS https://example.org/"${_r1}" | sh"#),
        ("ssh host 'cat > file' <<EOF\n¤\nEOF", "ssh host 'cat > file' <<EOF\n${_r1}\nEOF"),
        ("login=$(tool ¤); eval \"$login\"", r#"login=$(tool "${_r1}"); eval "$login""#),
        ("printf '%s\\n' ¤ | ssh host 'read x'", r#"printf '%s\n' "${_r1}" | ssh host 'read x'"#),
        ("export A=¤", r#"export A="${_r1}""#),
        ("kubectl label node n ¤=¤", r#"kubectl label node n "${_r1}"="${_r2}""#),
    ];
    for (template, expected) in cases {
        assert_eq!(text(template, Dialect::Sh), expected, "`{template}` for sh");
        assert_eq!(text(template, Dialect::Bash), expected, "`{template}` for bash");
    }
}

#[test]
fn bash_has_places_of_its_own() {
    let cases = [
        ("echo $'a\\'¤b'", r#"echo $'a\''"${_r1}"$'b'"#),
        (
            "[[ $x == ¤* && $y =~ ^(a|¤)$ ]] && echo ¤",
            r#"[[ $x == "${_r1}"* && $y =~ ^(a|"${_r2}")$ ]] && echo "${_r3}""#,
        ),
        ("cat <<< ¤", r#"cat <<< "${_r1}""#),
        ("list=(¤ '¤'\n # one\n ¤)", "list=(\"${_r1}\" ''\"${_r2}\"''\n # one\n \"${_r3}\")"),
        ("diff <(sort ¤) >(cat ¤)", r#"diff <(sort "${_r1}") >(cat "${_r2}")"#),
        ("case ¤ in @(a|¤)) ;; esac", r#"case "${_r1}" in @(a|"${_r2}")) ;; esac"#),
        (
            "function f { local x=¤; }; time f ¤ &> ¤",
            r#"function f { local x="${_r1}"; }; time f "${_r2}" &> "${_r3}""#,
        ),
        ("if ((1 < 2)); then echo ¤; fi", r#"if ((1 < 2)); then echo "${_r1}"; fi"#),
        ("for ((i = 0; i < 3; i++)); do echo ¤; done", r#"for ((i = 0; i < 3; i++)); do echo "${_r1}"; done"#),
        ("x+=¤ list[0]=¤", r#"x+="${_r1}" list[0]="${_r2}""#),
        ("exec {fd}>¤ 3<¤", r#"exec {fd}>"${_r1}" 3<"${_r2}""#),
    ];
    for (template, expected) in cases {
        assert_eq!(text(template, Dialect::Bash), expected, "`{template}`");
    }
}

/// Names the place without what it carries.
fn kind(place: &Place) -> String {
    match place {
        Place::Program { by, .. } => by.clone(),
        other => format!("{other:?}").split([' ', '{', '(']).next().expect("a name").to_lowercase(),
    }
}

#[test]
fn a_second_reading_is_refused_with_its_reader() {
    let cases = [
        ("eval", "eval echo ¤"),
        ("eval", "eval \"$(echo ¤)\""),
        ("eval", "command eval ¤"),
        ("eval", "$SUDO eval ¤"),
        ("sh", "$BIN/sh -c ¤"),
        ("sh", "sh -c - ¤"),
        ("jq", "jq $OPTIONS \".¤\" file"),
        ("ssh", "$SUDO ssh host ¤"),
        ("sh", "sh -c 'echo ¤'"),
        ("bash", "sudo -u root bash -o pipefail -ec \"echo ¤\""),
        ("sh", "docker exec app sh -c \"echo ¤\""),
        ("sh", "find . -exec sh -c 'rm ¤' \\;"),
        ("sh", "echo ¤ | sh"),
        ("bash", "cat <<EOF | grep a | bash -s\n¤\nEOF"),
        ("bash", "{ echo a; printf '%s' ¤; } |\n bash"),
        ("sh", "cat <<EOF |\n¤\nEOF\nsh"),
        ("ssh", "ssh host deploy ¤"),
        ("ssh", "ssh -o BatchMode=yes -p 22 user@host \"deploy ¤\""),
        ("ssh", "ssh -T host <<EOF\ndeploy ¤\nEOF"),
        ("bash", "ssh host 'bash -s' <<EOF\ndeploy ¤\nEOF"),
        ("awk", "awk '{ print \"¤\" }' file"),
        ("awk", "awk -F, -v a=b \"/¤/\" file"),
        ("sed", "sed 's/a/¤/' file"),
        ("sed", "sed -i -e \"s/a/¤/\" file"),
        ("sed", "find . -name a -exec sed -i 's/a/¤/' {} +"),
        ("jq", "jq -r --arg a b '.¤' file"),
        ("yq", "yq eval -i '.a = \"¤\"' file"),
        ("xargs", "xargs rm ¤"),
        ("xargs", "echo ¤ | xargs rm"),
        ("python3", "python3 -c 'print(\"¤\")'"),
        ("python3", "python3 - <<EOF\nprint('¤')\nEOF"),
        ("perl", "perl -pe 's/a/¤/' file"),
        ("psql", "psql -c \"select '¤'\""),
        ("trap", "trap \"rm ¤\" EXIT"),
        ("printf", "printf \"¤\\n\""),
        ("su", "su app -c 'echo ¤'"),
        ("quoteddocument", "cat <<'EOF'\n¤\nEOF"),
        ("quoteddocument", "cat <<\\EOF\n¤\nEOF"),
        ("delimiter", "cat <<¤\nx\n\n"),
        ("comment", "echo a # ¤"),
        ("comment", "# ¤"),
        ("arithmetic", "echo $((1 + ¤))"),
        ("arithmetic", "echo \"$(( x[¤] ))\""),
        ("parameter", "echo ${x:-¤}"),
        ("parameter", "echo \"${x:-\"¤\"}\""),
        ("parameter", "echo ${¤}"),
        ("backticks", "echo `cat ¤`"),
        ("backticks", "echo \"`cat '¤'`\""),
        ("name", "¤=x"),
        ("name", "a¤=x run"),
        ("name", "for ¤ in a; do :; done"),
        ("name", "¤() { :; }"),
        ("name", "export ¤"),
        ("name", "export ¤=a"),
        ("name", "read -r ¤"),
        ("name", "unset ¤"),
        ("descriptor", "echo a >&¤"),
        ("escaped", "echo \\¤"),
        ("escaped", "echo \"\\¤\""),
        ("startup", "BASH_ENV=¤ run"),
    ];
    for (expected, template) in cases {
        for dialect in [Dialect::Sh, Dialect::Bash] {
            let kinds: Vec<String> = places(template, dialect).iter().map(kind).collect();
            assert_eq!(kinds, [expected], "`{template}` for {dialect:?}");
        }
    }
}

#[test]
fn what_bash_calculates_is_refused() {
    let cases = [
        ("arithmetic", "(( x = ¤ ))"),
        ("arithmetic", "for ((i = 0; i < ¤; i++)); do :; done"),
        ("arithmetic", "[[ $x -gt ¤ ]]"),
        ("arithmetic", "let x=¤"),
        ("arithmetic", "declare -i n=¤"),
        ("arithmetic", "declare -i n; n=¤"),
        ("arithmetic", "RANDOM=¤"),
        ("arithmetic", "echo $[¤]"),
        ("name", "[[ -v ¤ ]]"),
        ("name", "[ -v ¤ ]"),
        ("printf", "printf -v ¤ x"),
        ("name", "list[¤]=x"),
        ("name", "list[¤ | 1 ]=x"),
        ("name", "x=1 list[ ¤ ]=x"),
        ("name", "list=([¤]=x)"),
        ("declare", "declare -a list=¤"),
        ("readonly", "readonly -a list=\"¤\""),
        ("source", "source <(echo x=¤)"),
        ("bash", "bash <(echo ¤)"),
        ("bash", "bash <<< \"echo ¤\""),
    ];
    for (expected, template) in cases {
        let kinds: Vec<String> = places(template, Dialect::Bash).iter().map(kind).collect();
        assert_eq!(kinds, [expected], "`{template}`");
    }
    assert_eq!(places("cat <<< ¤", Dialect::Sh), [Place::HereString]);
    assert_eq!(places("echo $'¤'", Dialect::Sh), [Place::AnsiQuote]);
}

#[test]
fn what_is_left_open_is_said_rather_than_guessed() {
    for template in
        ["echo '¤", "echo \"¤", "echo $(ls ¤", "echo ${x ¤", "cat <<EOF\n¤\n", "echo `a", "(echo ¤", "case x in"]
    {
        for dialect in [Dialect::Sh, Dialect::Bash] {
            let problems = places(template, dialect);
            let is_open = |place: &Place| matches!(place, Place::Unterminated { .. });
            assert!(problems.iter().any(is_open), "`{template}` for {dialect:?}: {problems:?}");
        }
    }
    for opener in ["$(", "\"$(", "${x:-", "((", "a=(b=(", "$((", "case x in x) "] {
        let places = places(&opener.repeat(50_000), Dialect::Bash);
        assert!(!places.is_empty(), "`{opener}` nested without end");
    }
}

#[test]
fn a_problem_names_its_hole() {
    let problems = lowered("echo ¤ `echo ¤`", Dialect::Sh).expect_err("backticks are refused");
    let holes: Vec<_> = problems.iter().map(|problem| problem.hole.map(|hole| (hole.index, hole.span.start))).collect();
    assert_eq!(holes, [Some((1, 14))]);
    assert!(problems[0].help().contains("$( … )"));
}

const ATTACKS: &[&str] = &[
    "",
    " ",
    "  a  b  ",
    "a\tb",
    "a\nb",
    "\n",
    "a\n",
    "a\n\n",
    "\na",
    "\r\n",
    "$(touch canary)",
    "`touch canary`",
    "; touch canary",
    "\n touch canary\n",
    "'; touch canary; '",
    "\"; touch canary; \"",
    "'\"'; touch canary #",
    "\\\"; touch canary #",
    "a[$(touch canary)]",
    "x[`touch canary`]=1",
    "$((a[$(touch canary)]))",
    "${x:-$(touch canary)}",
    "${x:=`touch canary`}",
    "EOF\ntouch canary\n",
    "\nEOF\ntouch canary\n",
    ") touch canary; (",
    "); touch canary #",
    "} ; touch canary; {",
    "| touch canary",
    "|| touch canary",
    "&& touch canary",
    "& touch canary &",
    "> canary",
    ">> canary",
    "< /dev/null > canary",
    "<(touch canary)",
    ">(touch canary)",
    "2> canary",
    "*",
    "?",
    "[a-z]*",
    "[",
    "]",
    "{a,b}",
    "{1..3}",
    "~",
    "~root",
    "~/x",
    "\\",
    "\\\\",
    "\\\n",
    "a\\",
    "\\n",
    "\\0",
    "\\c",
    "\\$(touch canary)",
    "$",
    "$$",
    "$!",
    "$?",
    "$*",
    "$@",
    "$#",
    "$1",
    "$x",
    "${IFS}",
    "$IFS",
    "$_r1",
    "${_r1}",
    "%s",
    "%n",
    "%d%s%%",
    "100%",
    "-n",
    "-e",
    "-",
    "--",
    "-rf /",
    "--help",
    "-exec",
    "#",
    "# comment",
    "a#b",
    "!",
    "!!",
    "!$",
    "=",
    "a=b",
    "PATH=x",
    "(",
    ")",
    "()",
    "() { :; }; touch canary",
    "[[ -v x ]]",
    "if",
    "then",
    "fi",
    "done",
    "esac",
    ";;",
    "in",
    "{",
    "}",
    "'",
    "''",
    "\"",
    "\"\"",
    "'\"'\"'",
    "$'\\x27; touch canary'",
    "$\"touch canary\"",
    "`",
    "``",
    "<<EOF",
    "<<<x",
    "é",
    "日本語",
    "🚀",
    "\u{202e}abc",
    "a\u{301}",
    "\u{a0}",
    "\u{2028}",
    "\u{feff}x",
    "\u{1}\u{2}\u{7f}",
    "\u{1b}[31m",
    "\u{81}\u{82}\u{88}",
    "!(touch canary)",
    "@(a|b)",
    "+(x)",
    "a b\tc\nd",
    "$(touch canary",
    "${",
    "$(",
    "`touch canary",
    "\"$(touch canary)\"",
    "'$(touch canary)'",
    "eval touch canary",
    "1;touch canary",
    "0x1",
    "1e3",
    "08",
    "a.b.c",
    "1.2.3-rc.1+b",
    "http://a/?b=c&d=e",
    "<script>",
    "{{x}}",
    "${{ x }}",
    "\u{c}\u{b}",
];

/// Attacks, random texts over the characters that shells care about, and texts that are no UTF-8.
fn values() -> Vec<Vec<u8>> {
    let mut values: Vec<Vec<u8>> = ATTACKS.iter().map(|attack| attack.as_bytes().to_vec()).collect();
    let alphabet = b"$`\"'\\(){}[]<>|&;#!*?~=%-+@^,:/ \t\nabEOF01_\x01\x7f\x81\x82\x83\x84\x85\x86\x87\x88\xff\xc3\xa9";
    let mut random = fastrand::Rng::with_seed(20_261_224);
    for _ in 0..200 {
        let length = random.usize(1..24);
        values.push((0..length).map(|_| alphabet[random.usize(..alphabet.len())]).collect());
    }
    values.push(b"$(touch canary)'\"`".repeat(2_000));
    values
}

/// A script around one value, and what it prints for `§`, ended by a NUL.
type Context = (&'static str, &'static str);

const CONTEXTS: &[Context] = &[
    ("printf '%s\\0' ¤", "§"),
    ("printf '%s\\0' a¤b", "a§b"),
    ("printf '%s\\0' ¤¤", "§§"),
    ("printf \"%s\\0\" \"¤\"", "§"),
    ("printf \"%s\\0\" \"a ¤ b\"", "a § b"),
    ("printf '%s\\0' 'a ¤ b'", "a § b"),
    ("printf '%s\\0' 'a'¤\"b\"", "a§b"),
    ("printf '%s\\0' \"$¤\" ", "$§"),
    ("printf '%s\\0' $¤", "$§"),
    ("printf '%s\\0' a#¤", "a#§"),
    ("printf '%s\\0' ~¤", "~§"),
    ("printf '%s\\0' zz*¤", "zz*§"),
    ("y=q; printf '%s\\0' $y¤\"$y\"", "q§q"),
    ("x=¤; printf '%s\\0' \"$x\"", "§"),
    ("x=a:¤'¤'; printf '%s\\0' \"$x\"", "a:§§"),
    ("export x=¤; printf '%s\\0' \"$x\"", "§"),
    ("x=$(printf '%s.' ¤); printf '%s\\0' \"$x\"", "§."),
    ("printf '%s\\0' \"$(printf '%s.' ¤)\"", "§."),
    ("printf '%s\\0' \"$(printf '%s.' \"a¤\")\"", "a§."),
    ("printf '%s\\0' \"$(printf '%s.' 'a¤')\"", "a§."),
    ("printf '%s\\0' \"$(printf '%s.' \"$(printf '%s-' ¤)\")\"", "§-."),
    ("printf '%s\\0' \"${none:-$(printf '%s.' ¤)}\"", "§."),
    ("for i in ¤; do printf '%s\\0' \"$i\"; done", "§"),
    ("case ¤ in ¤) printf 'same\\0' ;; *) printf 'other\\0' ;; esac", "same"),
    ("case a¤ in a'¤') printf 'same\\0' ;; *) printf 'other\\0' ;; esac", "same"),
    ("case xx¤ in *\"¤\") printf 'same\\0' ;; *) printf 'other\\0' ;; esac", "same"),
    ("f() { printf '%s\\0' \"$#$1\"; }; f ¤", "1§"),
    ("set -- ¤ ¤; printf '%s\\0' \"$#$2\"", "2§"),
    ("{ if [ x¤ = 'x¤' ]; then printf 'same\\0'; fi; }", "same"),
    ("(printf '%s\\0' ¤)", "§"),
    ("printf '%s\\0' ¤ | cat", "§"),
    ("cat <<EOF\n¤\nEOF\nprintf '\\0'", "§\n"),
    ("cat <<-EOF\n\ta ¤ \"¤\" '¤'\n\tEOF\nprintf '\\0'", "a § \"§\" '§'\n"),
    ("cat <<EOF\n$¤ $(printf '%s.' ¤)\nEOF\nprintf '\\0'", "$§ §.\n"),
    ("x=$(cat <<EOF\n¤.\nEOF\n); printf '%s\\0' \"$x\"", "§."),
    ("x=¤ sh -c 'printf \"%s\\0\" \"$x\"'", "§"),
    ("sh -c 'printf \"%s\\0\" \"$1\"' sh ¤", "§"),
    ("x=¤ awk 'BEGIN { printf \"%s%c\", ENVIRON[\"x\"], 0 }'", "§"),
];

const BASH_CONTEXTS: &[Context] = &[
    ("printf '%s\\0' $'a\\'¤b'", "a'§b"),
    ("printf '%s\\0' $\"a¤\"", "a§"),
    ("[[ ¤ == ¤ ]] && printf 'same\\0'", "same"),
    ("[[ x¤ == 'x¤' ]] && printf 'same\\0'", "same"),
    ("[[ -n x¤ ]] && printf 'yes\\0'", "yes"),
    ("cat <<< ¤; printf '\\0'", "§\n"),
    ("list=(¤ a¤); printf '%s\\0' \"${#list[@]}${list[1]}\"", "2a§"),
    ("list[0]=¤; printf '%s\\0' \"${list[0]}\"", "§"),
    ("x=a; x+=¤; printf '%s\\0' \"$x\"", "a§"),
    ("function g { local x=¤; printf '%s\\0' \"$x\"; }; g", "§"),
    ("declare x=¤; printf '%s\\0' \"$x\"", "§"),
    ("cat <(printf '%s\\0' ¤)", "§"),
    ("printf '%s\\0' x{a,¤}", "xa\0x§"),
];

/// Runs a template once for each value, all in one script, and returns what it printed.
fn run(shell: &str, locale: &str, template: &str, values: &[Vec<u8>], folder: &Path) -> Vec<u8> {
    let dialect = if shell == "bash" { Dialect::Bash } else { Dialect::Sh };
    let whole = vec![template; values.len()].join("\n");
    let script = lowered(&whole, dialect).unwrap_or_else(|problems| panic!("`{template}`: {problems:?}"));
    let holes_per_value = template.matches('¤').count();
    let mut command = Command::new(shell);
    command.args(["-eu", "-c", &script.text(|_| unreachable!("no raw holes here"))]);
    command.env_clear().env("PATH", std::env::var_os("PATH").expect("a PATH")).env("LC_ALL", locale);
    for (at, variable) in script.variables.iter().enumerate() {
        command.env(&variable.name, OsString::from_vec(values[at / holes_per_value].clone()));
    }
    let output = command.current_dir(folder).output().expect("the shell starts");
    assert!(output.status.success(), "`{template}` in {shell}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn expected(pattern: &str, values: &[Vec<u8>]) -> Vec<u8> {
    let mut whole = Vec::new();
    for value in values {
        let parts: Vec<&[u8]> = pattern.split('§').map(str::as_bytes).collect();
        whole.extend(parts.join(value.as_slice()));
        whole.push(0);
    }
    whole
}

fn check(shell: &str, locale: &str, (template, pattern): Context, values: &[Vec<u8>]) {
    let folder = tempfile::tempdir().expect("a folder");
    if run(shell, locale, template, values, folder.path()) != expected(pattern, values) {
        let differs = |value: &&Vec<u8>| {
            let one = std::slice::from_ref(*value);
            run(shell, locale, template, one, folder.path()) != expected(pattern, one)
        };
        let altered: Vec<_> = values.iter().filter(differs).map(|value| String::from_utf8_lossy(value)).collect();
        panic!("`{template}` in {shell} ({locale}) alters {altered:?}");
    }
    assert!(!folder.path().join("canary").exists(), "`{template}` in {shell} ran a value");
}

#[test]
fn no_value_is_run_and_none_is_altered() {
    let values = values();
    let check_all = &|shell: &str, locale: &str| {
        let own = if shell == "bash" { BASH_CONTEXTS } else { &[] };
        CONTEXTS.iter().chain(own).for_each(|context| check(shell, locale, *context, &values));
    };
    std::thread::scope(|scope| {
        for (shell, locale) in [("dash", "C"), ("bash", "C"), ("bash", "C.UTF-8")] {
            scope.spawn(move || check_all(shell, locale));
        }
    });
}

#[test]
fn a_value_is_one_file_name_and_one_command() {
    let is_file_name = |value: &&Vec<u8>| value.len() < 200 && !value.contains(&b'/');
    let values: Vec<Vec<u8>> = values().iter().filter(is_file_name).cloned().collect();
    for shell in ["dash", "bash"] {
        check(shell, "C", ("printf x >f¤; printf '%s\\0' f*; rm -f f*", "f§"), &values);
        // The value names a program that does not exist: what matters is that nothing else runs.
        check(shell, "C", ("no-¤-such-program 2>/dev/null || printf '%s\\0' none", "none"), &values);
    }
}

#[test]
fn pasting_as_text_would_have_been_caught() {
    let folder = tempfile::tempdir().expect("a folder");
    let pasted = format!("echo {}", "$(touch canary)");
    Command::new("sh").args(["-c", &pasted]).current_dir(folder.path()).output().expect("the shell starts");
    assert!(folder.path().join("canary").exists());
}

/// Whatever the text, lowering ends, and what it wrote without the variables is what was read.
#[test]
fn any_text_can_be_lowered_or_refused() {
    let words = [
        "$(",
        ")",
        "${",
        "}",
        "`",
        "'",
        "\"",
        "\\",
        "<<E\n",
        "E\n",
        "<<-'E'\n",
        "\n",
        " ",
        ";",
        ";;",
        "|",
        "&",
        "#",
        "((",
        "))",
        "$((",
        "[[",
        "]]",
        " case x in ",
        "esac",
        " if ",
        "fi",
        "for x in ",
        "do ",
        "done",
        "{ ",
        "a=(",
        "[",
        "]",
        "$'",
        "¤",
        "¢",
        "sh -c ",
        "eval ",
        "é",
        "<(",
        "@(",
        ">",
        "-",
        "=",
        "x",
        "ssh h ",
        "declare -i n=",
        "$",
    ];
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..20_000 {
        let length = random.usize(1..24);
        let template: String = (0..length).map(|_| words[random.usize(..words.len())]).collect();
        for dialect in [Dialect::Sh, Dialect::Bash] {
            let Ok(script) = lowered(&template, dialect) else { continue };
            let written = script.text(|_| "¢".to_owned());
            let holes = template.matches('¤').count();
            assert_eq!(script.variables.len(), holes, "`{template}`");
            let named = script.variables.iter().filter(|it| written.contains(&format!("${{{}}}", it.name))).count();
            assert_eq!(named, holes, "`{template}` became `{written}`");
        }
    }
}
