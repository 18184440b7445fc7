//! Every expression of a node, to look at or to change. Each list of expressions is written once, for both.

use super::{Node, NodeKind};
use crate::model::{
    Act, AskKind, Exec, Expr, ExprKind, HttpAct, Interrupted, Retry, Run, Settings, ShellPart, TextPart, Tolerate,
    Watch,
};

/// The functions that visit the expressions of a node, through `&` or `&mut`.
macro_rules! expressions {
    ($(#[$doc:meta])* $name:ident, $retry:ident, $act:ident, $run:ident, $exec:ident, $http:ident, $url:ident, $settings:ident $($mutable:tt)?) => {
        $(#[$doc])*
        pub(super) fn $name(node: & $($mutable)? Node, visit: &mut dyn FnMut(& $($mutable)? Expr)) {
            (& $($mutable)? node.when).into_iter().for_each(&mut *visit);
            (& $($mutable)? node.during).into_iter().for_each(&mut *visit);
            for (_, expr) in & $($mutable)? node.binds {
                visit(expr);
            }
            match & $($mutable)? node.kind {
                NodeKind::Rollout { .. } | NodeKind::Child(_) | NodeKind::Parallel | NodeKind::Sequence(_) => {}
                NodeKind::Stage(stage) => {
                    let stage = & $($mutable)? **stage;
                    let begins = [& $($mutable)? stage.delay, & $($mutable)? stage.not_before];
                    let ends = [& $($mutable)? stage.deadline, & $($mutable)? stage.timeout];
                    let times = begins.into_iter().chain(ends);
                    times.flatten().for_each(visit);
                }
                NodeKind::Loop(it) => {
                    if let Some(late) = & $($mutable)? it.late {
                        visit(& $($mutable)? late.list);
                        (& $($mutable)? late.at_once).into_iter().for_each(&mut *visit);
                        (& $($mutable)? late.waves).into_iter().for_each(&mut *visit);
                        (& $($mutable)? late.stagger).into_iter().for_each(&mut *visit);
                        match & $($mutable)? late.tolerate {
                            Some(Tolerate::Once(expr)) => visit(expr),
                            Some(Tolerate::PerWave(list)) => list.into_iter().for_each(visit),
                            None => {}
                        }
                    }
                }
                NodeKind::Step(step) => {
                    let step = & $($mutable)? **step;
                    $retry(& $($mutable)? step.retry, visit);
                    $retry(& $($mutable)? step.undo_retry, visit);
                    let times = [& $($mutable)? step.timeout, & $($mutable)? step.takes];
                    times.into_iter().flatten().for_each(visit);
                }
                NodeKind::Act(act) => $act(act, visit),
            }
        }

        fn $retry(retry: & $($mutable)? Option<Retry>, visit: &mut dyn FnMut(& $($mutable)? Expr)) {
            if let Some(retry) = retry {
                visit(& $($mutable)? retry.attempts);
                (& $($mutable)? retry.backoff).into_iter().for_each(visit);
            }
        }

        fn $act(act: & $($mutable)? Act, visit: &mut dyn FnMut(& $($mutable)? Expr)) {
            match act {
                Act::Run(run) => $run(run, visit),
                Act::Exec(exec) => $exec(exec, visit),
                Act::Http(http) => $http(http, visit),
                Act::Check(check) => {
                    visit(& $($mutable)? check.condition);
                    let times =
                        [& $($mutable)? check.settle, & $($mutable)? check.within, & $($mutable)? check.every];
                    times.into_iter().flatten().for_each(visit);
                }
                Act::Watch(watch) | Act::Guard(watch) => {
                    visit(& $($mutable)? watch.condition);
                    let Watch { settle, lasts, every, fail_after, fail_in_a_row, pass_in_a_row, unknown, .. } = watch;
                    let numbers = [settle, lasts, every, fail_after, fail_in_a_row, pass_in_a_row, unknown];
                    numbers.into_iter().flatten().for_each(visit);
                }
                Act::Require { condition, message } => {
                    visit(condition);
                    message.into_iter().for_each(visit);
                }
                Act::Wait { duration: expr }
                | Act::WaitUntil { instant: expr }
                | Act::Log { message: expr }
                | Act::Fail { message: expr }
                | Act::Pause { message: expr } => visit(expr),
                Act::Restore { .. } => {}
                Act::Ask(ask) => {
                    visit(& $($mutable)? ask.of);
                    (& $($mutable)? ask.text).into_iter().for_each(&mut *visit);
                    (& $($mutable)? ask.within).into_iter().for_each(&mut *visit);
                    match & $($mutable)? ask.kind {
                        AskKind::Approve { need, .. } => visit(need),
                        AskKind::Checklist { items, list } => items.into_iter().chain(list).for_each(visit),
                        AskKind::Confirm => {}
                    }
                }
                Act::Traffic(traffic) => {
                    (& $($mutable)? traffic.arguments).into_iter().for_each(&mut *visit);
                    visit(& $($mutable)? traffic.share);
                    let times = [& $($mutable)? traffic.timeout, & $($mutable)? traffic.settle];
                    times.into_iter().flatten().for_each(visit);
                }
                Act::Flag(flag) => visit(& $($mutable)? flag.share),
                Act::Notify(notify) => {
                    visit(& $($mutable)? notify.message);
                    (& $($mutable)? notify.timeout).into_iter().for_each(visit);
                }
                Act::Keep(keep) => {
                    visit(& $($mutable)? keep.value);
                    (& $($mutable)? keep.target).into_iter().for_each(visit);
                }
            }
        }

        pub(super) fn $run(run: & $($mutable)? Run, visit: &mut dyn FnMut(& $($mutable)? Expr)) {
            for part in & $($mutable)? run.script.parts {
                match part {
                    ShellPart::Text(_) => {}
                    ShellPart::Raw(expr) => visit(expr),
                }
            }
            for (_, expr) in & $($mutable)? run.script.holes {
                visit(expr);
            }
            $settings(& $($mutable)? run.settings, visit);
        }

        pub(super) fn $exec(exec: & $($mutable)? Exec, visit: &mut dyn FnMut(& $($mutable)? Expr)) {
            (& $($mutable)? exec.argv).into_iter().for_each(&mut *visit);
            $settings(& $($mutable)? exec.settings, visit);
        }

        pub(super) fn $http(http: & $($mutable)? HttpAct, visit: &mut dyn FnMut(& $($mutable)? Expr)) {
            $url(& $($mutable)? http.url, visit);
            for (_, expr) in & $($mutable)? http.headers {
                visit(expr);
            }
            (& $($mutable)? http.body).into_iter().for_each(&mut *visit);
            (& $($mutable)? http.accept).into_iter().for_each(&mut *visit);
            $settings(& $($mutable)? http.settings, visit);
        }

        /// The holes of a URL stay holes: what stands in one is spelled as one component when the request is sent.
        pub(super) fn $url(url: & $($mutable)? Expr, visit: &mut dyn FnMut(& $($mutable)? Expr)) {
            if !matches!(url.kind, ExprKind::Text(_)) {
                return visit(url);
            }
            if let ExprKind::Text(parts) = & $($mutable)? url.kind {
                for part in parts {
                    match part {
                        TextPart::Chunk(_) => {}
                        TextPart::Hole(hole) => visit(hole),
                    }
                }
            }
        }

        fn $settings(settings: & $($mutable)? Settings, visit: &mut dyn FnMut(& $($mutable)? Expr)) {
            for (_, expr) in & $($mutable)? settings.env {
                visit(expr);
            }
            $retry(& $($mutable)? settings.retry, visit);
            let rest = [
                & $($mutable)? settings.cwd,
                & $($mutable)? settings.stdin,
                & $($mutable)? settings.timeout,
                & $($mutable)? settings.accept_codes,
                & $($mutable)? settings.accept_output,
            ];
            rest.into_iter().flatten().for_each(&mut *visit);
            if let Some(Interrupted::Verify(condition)) = & $($mutable)? settings.interrupted {
                visit(condition);
            }
        }
    };
}

expressions! {
    /// Calls `visit` for every expression of a node.
    for_each_expr, of_retry, of_act, of_run, of_exec, of_http, of_url, of_settings
}

expressions! {
    /// Calls `visit` for every expression of a node, to change it.
    for_each_expr_mut, of_retry_mut, of_act_mut, of_run_mut, of_exec_mut, of_http_mut, of_url_mut, of_settings_mut mut
}
