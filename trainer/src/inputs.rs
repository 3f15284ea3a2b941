//! What can be known of papers before an encoder is prepared or fetched for them.

use std::ops::ControlFlow;
use std::path::PathBuf;

use anyhow::{Result, ensure};
use ingest::papers;

/// Looks whether every input names files of papers: each is there, of a known layout, and has the columns that a paper
/// needs. Of each the first paper is read.
///
/// # Errors
/// The first input of which that is not so.
pub fn check(inputs: &[PathBuf]) -> Result<()> {
    for file in papers::resolve(inputs)? {
        papers::read_while(&[file], &mut |_| Ok(ControlFlow::Break(())))?;
    }
    Ok(())
}

/// As [`check`], and one paper at least has a category.
///
/// # Errors
/// As [`check`], and where none has.
pub fn check_labelled(inputs: &[PathBuf]) -> Result<()> {
    check(inputs)?;
    let mut is_labelled = false;
    papers::read_while(&papers::resolve(inputs)?, &mut |paper| {
        is_labelled = !paper.categories.is_empty();
        Ok(if is_labelled {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        })
    })?;
    ensure!(
        is_labelled,
        "no paper has a category: add a column `categories`, such as \"math.CO cs.DM\""
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn files_that_hold_no_papers_are_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        fs::write(at("good.csv"), "id,title\n1,Ice\n").expect("written");
        fs::write(at("bad.csv"), "number,name\n1,Ice\n").expect("written");
        fs::write(at("labelled.csv"), "id,title,categories\n2,Ice,math.CO\n").expect("written");
        let of = |names: &[&str]| names.iter().map(|name| at(name)).collect::<Vec<_>>();
        check(&of(&["good.csv", "labelled.csv"])).expect("both hold papers");
        check_labelled(&of(&["good.csv", "labelled.csv"])).expect("one of them has a category");
        for (names, wanted) in [
            (&["good.csv", "bad.csv"], "needs a column `id`"),
            (&["good.csv", "gone.csv"], "check the path"),
        ] {
            let error = format!("{:#}", check(&of(names)).expect_err(wanted));
            assert!(error.contains(wanted), "{error}");
        }
        let error = check_labelled(&of(&["good.csv"])).expect_err("it has none");
        assert!(error.to_string().contains("`categories`"), "{error}");
    }
}
