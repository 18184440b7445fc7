//! The pages of what only a plan can refuse: the failing program is refused with exactly its code, the mended one is
//! planned. The pages of what `check` finds are held in `syntax::pages` and `lang`.

use std::collections::BTreeSet;

use rollout::check::check;
use rollout::diag::{CODES, Look, render};
use rollout::model::RolloutId;
use rollout::plan::{GivenInputs, KeptValues, PlanRequest, plan_and_warn, read_inputs};
use rollout::sim::{Past, forecast};
use rollout::value::At;

use super::pages::{Block, Page, page, pages};

#[test]
fn what_a_plan_refuses_is_shown_and_mended() {
    let rows = CODES.iter().filter(|it| it.code.0.starts_with("E08") || it.code.0.starts_with("W004"));
    let failures: Vec<String> = rows.filter_map(|row| shows(row.code.0, row.title).err()).collect();
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

#[test]
fn every_code_has_its_page_and_every_page_its_code() {
    let codes: BTreeSet<String> = CODES.iter().map(|it| format!("docs/errors/{}.md", it.code)).collect();
    let all = pages().into_iter().map(|it| it.path);
    let found: BTreeSet<String> = all.filter(|it| it.starts_with("docs/errors/")).collect();
    assert_eq!(found, codes);
}

fn shows(code: &str, title: &str) -> Result<(), String> {
    let page = page(format!("docs/errors/{code}.md"));
    if !page.text.starts_with(&format!("# {code}: {title}\n")) {
        return Err(format!("{code}: the page does not begin with `# {code}: {title}`"));
    }
    let blocks = page.blocks();
    let (fails, mended): (Vec<&Block>, Vec<&Block>) =
        blocks.iter().filter(|it| it.is_program()).partition(|it| it.has("fails"));
    if fails.len() != 1 || mended.is_empty() {
        return Err(format!("{code}: {} failing and {} mended programs", fails.len(), mended.len()));
    }
    for (block, wanted) in fails.iter().map(|it| (it, vec![code])).chain(mended.iter().map(|it| (it, Vec::new()))) {
        let (found, drawn) = refusals(&page, block)?;
        let found: Vec<&str> = found.iter().map(String::as_str).collect();
        if found != wanted {
            return Err(format!("{}:{}: the plan refuses {found:?}\n{drawn}", page.path, block.line));
        }
    }
    Ok(())
}

/// Returns the codes with which the plan of a program's last rollout is refused, each once, and how that looks.
fn refusals(page: &Page, block: &Block) -> Result<(Vec<String>, String), String> {
    let world = page.world().with("main.rollout", &block.text);
    let checked = check(&world, "main.rollout");
    let look = Look { color: false, width: 110, unicode: true };
    if !checked.diagnostics.is_empty() {
        let drawn = render(&checked.diagnostics, &checked.sources, look);
        return Err(format!("{}:{}: `check` has findings\n{drawn}", page.path, block.line));
    }
    let rollout = RolloutId(checked.program.rollouts.len() as u32 - 1);
    let inputs = read_inputs(checked.program.rollout(rollout), &GivenInputs::default(), &world);
    let mut strange = Vec::new();
    let planned = inputs.and_then(|inputs| {
        let (planned, warnings) = plan_and_warn(&PlanRequest {
            program: &checked.program,
            sources: &checked.sources,
            rollout,
            file: "main.rollout",
            folder: "",
            inputs,
            profile: None,
            now: At(1_795_392_000_000),
            world: &world,
            kept: &KeptValues::new(),
            only: None,
        });
        strange = warnings;
        planned
    });
    let wrong = match planned {
        Ok(plan) => {
            let ahead = forecast(&plan, &KeptValues::new(), At(1_795_392_000_000), &Past::default());
            strange.extend(ahead.troubles.iter().map(|it| it.told(&plan, "UTC")));
            strange.retain(|it| !checked.allowed.silences(it));
            strange
        }
        Err(wrong) => wrong,
    };
    let codes: BTreeSet<String> = wrong.iter().map(|it| it.code.to_string()).collect();
    Ok((codes.into_iter().collect(), render(&wrong, &checked.sources, look)))
}
