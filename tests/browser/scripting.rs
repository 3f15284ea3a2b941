//! `window.offprint`, against the native build.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::native::Found;
use super::{Console, in_browser};

/// Short and long, plain and not: what people paste.
pub(crate) fn texts() -> Vec<String> {
    let sentence = "We prove that the spectral gap of the transfer operator closes at criticality, \
        and we estimate the rate at which correlations decay away from it. ";
    let mut texts: Vec<String> = [
        "spin glass",
        "a",
        "7",
        "THE SAME IN CAPITALS",
        "Why do deep networks generalize?",
        r"$\mathcal{N}=4$ super-Yang--Mills at $\lambda \to \infty$",
        r"\begin{equation} E = mc^2 \end{equation} % no comment",
        "$^{76}$Ge and $0\\nu\\beta\\beta$ decay",
        "Schrödinger's equation on a Möbius strip, naïvely",
        "Élie Cartan, Paul Erdős, 陳省身, Андрей Колмогоров",
        "量子コンピュータの誤り訂正",
        "نظرية الأعداد",
        "ℝⁿ ∮ ∇×𝐁 ≤ ½ℏω",
        "🧲🧊 frustrated magnets 🧪",
        "cafe\u{301} against caf\u{e9}",
        "zero\u{200b}width, soft\u{ad}hyphen, non\u{a0}breaking",
        "line one\nline two\ttabbed\r\nline three",
        "supercalifragilisticexpialidocious-antidisestablishmentarianism",
        "<script>alert(1)</script> & \"quotes\" 'n' such",
        "[CLS] special [MASK] tokens [SEP] as text",
    ]
    .map(str::to_owned)
    .to_vec();
    // Within the model's window, and far beyond it.
    texts.push(sentence.repeat(7));
    texts.push(sentence.repeat(60));
    texts
}

#[test]
fn a_text_has_the_same_embedding_in_the_tab_as_natively_to_the_bit() {
    in_browser(Console::Silent, async |page, native| {
        page.open_ready("").await?;
        let texts = texts();
        let bits = "Promise.all(a.map((text) => offprint.embed(text)))\
            .then((vectors) => vectors.map((v) => [...new Uint32Array(v.buffer, v.byteOffset, v.length)]))";
        let found: Vec<Vec<u32>> = serde_json::from_value(page.value(bits, json!(texts)).await?)?;
        for (text, found) in texts.iter().zip(found) {
            let wanted = native.embed(text)?.vector;
            let wanted: Vec<u32> = wanted.iter().map(|x| x.to_bits()).collect();
            let differ = found.iter().zip(&wanted).filter(|(a, b)| a != b).count();
            ensure!(
                found == wanted,
                "{differ} of {} numbers differ from the native ones, for {:?}",
                wanted.len(),
                text.chars().take(60).collect::<String>()
            );
        }
        Ok(())
    });
}

#[test]
fn scripts_find_what_the_native_build_finds_in_the_same_order() {
    in_browser(Console::Silent, async |page, native| {
        page.open_ready("").await?;
        for text in [
            "topological order and anyons",
            "how cells sense direction",
            "market microstructure",
            "proof assistants",
            r"bounds on $\theta_{13}$ from reactors",
            "x",
        ] {
            for k in [1, 10, 50] {
                let reply = page
                    .value("offprint.search(a[0], {k: a[1]})", json!([text, k]))
                    .await?;
                same(
                    &reply,
                    &native.search(text, k)?,
                    &format!("{text:?}, k = {k}"),
                )?;
                ensure!(
                    reply["method"]["type"] == "exact",
                    "of so few papers all are compared"
                );
                let reply = page
                    .value(
                        "offprint.search(a[0], {k: a[1], by: 'meaning'})",
                        json!([text, k]),
                    )
                    .await?;
                let wanted = native.by_meaning(text, k)?;
                same(&reply, &wanted, &format!("{text:?} by meaning, k = {k}"))?;
                let reply = page
                    .value(
                        "offprint.search(a[0], {k: a[1], by: 'words'})",
                        json!([text, k]),
                    )
                    .await?;
                let wanted = super::native::ids(&native.by_words(text, k)?);
                ensure!(ids(&reply) == wanted, "{text:?} by words: {reply}");
            }
        }
        let (years, text) = ((2010, 2014), "dark matter");
        let options = json!([text, {"k": 15, "years": [years.0, years.1]}]);
        let reply = page.value("offprint.search(...a)", options).await?;
        let papers = native.folder.papers.all();
        let passing: Vec<String> = papers
            .filter(|&paper| {
                let year = native.folder.papers.year(paper);
                year.is_some_and(|year| (years.0..=years.1).contains(&year))
            })
            .map(|paper| native.folder.papers.id(paper).to_owned())
            .collect();
        let wanted = native.among(text, 15, |id| passing.iter().any(|known| known == id))?;
        same(&reply, &wanted, "by years")?;
        ensure!(
            reply["method"]["type"] == "exact",
            "with a filter all that pass are compared"
        );
        ensure!(
            reply["passing"] == passing.len(),
            "{} papers pass",
            passing.len()
        );

        let seed = "1801.01203";
        let reply = page
            .value("offprint.similar(...a)", json!([seed, {"k": 12}]))
            .await?;
        same(&reply, &native.similar(seed, 12)?, "similar papers")
    });
}

/// The hits' ids.
fn ids(reply: &Value) -> Vec<String> {
    let hits = reply["hits"].as_array().into_iter().flatten();
    hits.filter_map(|hit| hit["id"].as_str().map(str::to_owned))
        .collect()
}

/// Compares hits with the native ones: ids, order, and similarities to the bit.
pub(crate) fn same(reply: &Value, wanted: &[Found], what: &str) -> Result<()> {
    let hits = reply["hits"].as_array().context("a reply has hits")?;
    let found = hits.iter().map(|hit| {
        let id = hit["id"].as_str().unwrap_or_default().to_owned();
        let similarity = hit["similarity"].as_f64().unwrap_or(f64::NAN) as f32;
        (id, similarity.to_bits())
    });
    let found: Vec<Found> = found.collect();
    ensure!(
        found == wanted,
        "{what}: the tab finds\n{found:?}\nand the native build\n{wanted:?}"
    );
    Ok(())
}

#[test]
fn a_wrong_argument_is_rejected_with_a_code() {
    in_browser(Console::Silent, async |page, _| {
        page.open_ready("").await?;
        for (call, code) in [
            ("offprint.embed()", "bad_argument"),
            ("offprint.embed(7)", "bad_argument"),
            ("offprint.embed(null)", "bad_argument"),
            ("offprint.embed(['spin'])", "bad_argument"),
            ("offprint.embed('')", "no_tokens"),
            ("offprint.embed(' \\n\\t ')", "no_tokens"),
            ("offprint.embedBatch()", "bad_argument"),
            ("offprint.embedBatch('spin')", "bad_argument"),
            ("offprint.embedBatch([1])", "bad_argument"),
            (
                "offprint.embedBatch(Array(10001).fill('x'))",
                "bad_argument",
            ),
            (
                "offprint.embedBatch(['x'], {onProgress: 1})",
                "bad_argument",
            ),
            ("offprint.embedBatch(['x'], {signal: 1})", "bad_argument"),
            (
                "offprint.embedBatch(['x'], {signal: AbortSignal.abort()})",
                "cancelled",
            ),
            ("offprint.search({})", "bad_argument"),
            ("offprint.search('')", "no_tokens"),
            ("offprint.search('x', 10)", "bad_argument"),
            ("offprint.search('x', {k: 0})", "bad_argument"),
            ("offprint.search('x', {k: -1})", "bad_argument"),
            ("offprint.search('x', {k: 2.5})", "bad_argument"),
            ("offprint.search('x', {k: NaN})", "bad_argument"),
            ("offprint.search('x', {k: '10'})", "bad_argument"),
            ("offprint.search('x', {k: 10001})", "bad_argument"),
            ("offprint.search('x', {categories: 'cs'})", "bad_argument"),
            ("offprint.search('x', {categories: [1]})", "bad_argument"),
            ("offprint.search('x', {years: 2020})", "bad_argument"),
            ("offprint.search('x', {years: [2020]})", "bad_argument"),
            (
                "offprint.search('x', {years: [2020, 2010]})",
                "bad_argument",
            ),
            ("offprint.search('x', {years: [1.5, 2]})", "bad_argument"),
            ("offprint.search('x', {category: ['cs']})", "bad_argument"),
            ("offprint.similar(1801.01203)", "bad_argument"),
            ("offprint.similar('no such paper')", "unknown_paper"),
            ("offprint.similar([])", "bad_argument"),
            ("offprint.similar('1801.01203', {away: 7})", "bad_argument"),
            (
                "offprint.similar('1801.01203', {away: ['no such paper']})",
                "unknown_paper",
            ),
            ("offprint.search('x', {away: '1801.01203'})", "bad_argument"),
            ("offprint.search('x', {diverse: 1})", "bad_argument"),
            (
                "offprint.search('x', {diverse: true, k: 201})",
                "bad_argument",
            ),
            ("offprint.classify()", "bad_argument"),
            ("offprint.classify({titel: 'x'})", "bad_argument"),
            ("offprint.classify({title: 1})", "bad_argument"),
        ] {
            let answer = page.call(call, json!([])).await?;
            let error = answer
                .err()
                .with_context(|| format!("{call} is accepted"))?;
            ensure!(
                error.code == code,
                "{call} is rejected with {error:?} instead of {code}"
            );
            ensure!(
                error.name == "OffprintError",
                "{call}: the error's name is {:?}",
                error.name
            );
            ensure!(
                error.message.len() > 10,
                "{call}: the message says {:?}",
                error.message
            );
        }
        // None of it harmed the engine.
        page.value("offprint.embed('spin')", json!([])).await?;
        Ok(())
    });
}
