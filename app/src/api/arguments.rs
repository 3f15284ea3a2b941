//! Arguments of `window.offprint`, checked: a wrong one is named, never guessed at.

use js_sys::{Array, Function, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::AbortSignal;

use crate::engine::protocol::{By, EngineError, Filter, Listed, Order, Sort};

/// Hits where the caller names no number.
const DEFAULT_K: usize = 10;
/// More hits than this are a mistake.
const MAX_K: usize = 10_000;
/// Each further hit is compared with all before it.
const MAX_DIVERSE: usize = 200;
/// More papers than this have no direction in common.
const MAX_IDS: usize = 1000;
/// Texts of one batch: their vectors are one buffer, 15 MB at 384 dimensions.
const MAX_TEXTS: u32 = 10_000;

fn bad(message: impl Into<String>) -> EngineError {
    EngineError::BadArgument {
        message: message.into(),
    }
}

/// A string.
pub(super) fn text(value: &JsValue, name: &str) -> Result<String, EngineError> {
    value
        .as_string()
        .ok_or_else(|| bad(format!("{name} must be a string")))
}

/// One id, or several.
pub(super) fn ids(value: &JsValue, name: &str) -> Result<Vec<String>, EngineError> {
    if let Some(id) = value.as_string() {
        return Ok(vec![id]);
    }
    let wrong = || {
        bad(format!(
            "{name} must be an id, or an array of up to {MAX_IDS} of them"
        ))
    };
    if !Array::is_array(value) {
        return Err(wrong());
    }
    let array = Array::from(value);
    let ids: Option<Vec<String>> = array.iter().map(|id| id.as_string()).collect();
    ids.filter(|ids| (1..=MAX_IDS).contains(&ids.len()))
        .ok_or_else(wrong)
}

/// Texts, as many as one batch may have.
pub(super) fn texts(value: &JsValue) -> Result<Vec<String>, EngineError> {
    let wrong = || bad("texts must be an array of strings");
    if !Array::is_array(value) {
        return Err(wrong());
    }
    let texts = Array::from(value);
    if texts.length() > MAX_TEXTS {
        return Err(bad(format!("at most {MAX_TEXTS} texts make a batch")));
    }
    let texts = texts.iter().map(|text| text.as_string());
    texts.collect::<Option<_>>().ok_or_else(wrong)
}

/// `{onProgress, signal}` of a batch, both of which may be missing.
pub(super) fn batch_options(
    value: &JsValue,
) -> Result<(Option<Function>, Option<AbortSignal>), EngineError> {
    if value.is_undefined() || value.is_null() {
        return Ok((None, None));
    }
    let object = value
        .dyn_ref::<Object>()
        .ok_or_else(|| bad("options must be an object"))?;
    known_only(object, &["onProgress", "signal"])?;
    let on_progress = field(object, "onProgress").map(|value| {
        let wrong = |_| bad("onProgress must be a function of two numbers");
        value.dyn_into().map_err(wrong)
    });
    let signal = field(object, "signal").map(|value| {
        let wrong = |_| bad("signal must be an AbortSignal");
        value.dyn_into().map_err(wrong)
    });
    Ok((on_progress.transpose()?, signal.transpose()?))
}

/// A paper as text, or as an object with `title` and `abstract`.
pub(super) fn paper(value: &JsValue) -> Result<(String, String), EngineError> {
    if let Some(text) = value.as_string() {
        return Ok((String::new(), text));
    }
    let wrong = || bad("text must be a string or an object with title and abstract");
    let object = value.dyn_ref::<Object>().ok_or_else(wrong)?;
    known_only(object, &["title", "abstract"])?;
    let part = |name: &str| match field(object, name) {
        None => Ok(String::new()),
        Some(value) => text(&value, name),
    };
    Ok((part("title")?, part("abstract")?))
}

/// `{k, by, categories, listed, years, sort, diverse}`, each of which may be missing.
pub(super) fn search_options(
    value: &JsValue,
) -> Result<(By, Order, Sort, usize, Filter), EngineError> {
    let known = [
        "k",
        "by",
        "categories",
        "listed",
        "years",
        "sort",
        "diverse",
    ];
    let (k, filter, sort) = of_search(value, &known)?;
    let by = value.dyn_ref().and_then(|object| field(object, "by"));
    let by = match by.map(|by| by.as_string()) {
        None => By::Both,
        Some(by) => match by.as_deref() {
            Some("both") => By::Both,
            Some("words") => By::Words,
            Some("meaning") => By::Meaning,
            _ => return Err(bad("by must be \"both\", \"words\" or \"meaning\"")),
        },
    };
    let diverse = value.dyn_ref().and_then(|object| field(object, "diverse"));
    let diverse = diverse.map_or(Some(false), |value| value.as_bool());
    let diverse = diverse.ok_or_else(|| bad("diverse must be true or false"))?;
    if diverse && k > MAX_DIVERSE {
        return Err(bad(format!("at most {MAX_DIVERSE} hits can be diverse")));
    }
    let order = if diverse {
        Order::Diverse
    } else {
        Order::Nearest
    };
    Ok((by, order, sort, k, filter))
}

/// `{k, categories, listed, years, sort, away}`, each of which may be missing: away, ids of papers to keep away from.
pub(super) fn similar_options(
    value: &JsValue,
) -> Result<(Vec<String>, Sort, usize, Filter), EngineError> {
    let known = ["k", "categories", "listed", "years", "sort", "away"];
    let (k, filter, sort) = of_search(value, &known)?;
    let away = value.dyn_ref().and_then(|object| field(object, "away"));
    let away = away.map(|value| ids(&value, "away")).transpose()?;
    Ok((away.unwrap_or_default(), sort, k, filter))
}

fn of_search(value: &JsValue, known: &[&str]) -> Result<(usize, Filter, Sort), EngineError> {
    if value.is_undefined() || value.is_null() {
        return Ok((DEFAULT_K, Filter::default(), Sort::Relevance));
    }
    let object = value
        .dyn_ref::<Object>()
        .ok_or_else(|| bad("options must be an object"))?;
    known_only(object, known)?;
    let k = match field(object, "k") {
        None => DEFAULT_K,
        Some(value) => {
            let wrong = || bad(format!("k must be a whole number from 1 to {MAX_K}"));
            whole(&value, 1, MAX_K).ok_or_else(wrong)?
        }
    };
    let categories = match field(object, "categories") {
        None => Vec::new(),
        Some(value) => {
            let wrong = || bad("categories must be an array of category or archive codes");
            if !Array::is_array(&value) {
                return Err(wrong());
            }
            let codes = Array::from(&value).to_vec().into_iter();
            let codes: Option<Vec<String>> = codes.map(|code| code.as_string()).collect();
            codes.ok_or_else(wrong)?
        }
    };
    let years = match field(object, "years") {
        None => None,
        Some(value) => {
            let pair = Array::is_array(&value).then(|| Array::from(&value));
            let year = |at: u32| {
                let year = pair.as_ref().filter(|pair| pair.length() == 2)?.get(at);
                whole(&year, 0, usize::from(u16::MAX)).map(|year| year as u16)
            };
            match (year(0), year(1)) {
                (Some(first), Some(last)) if first <= last => Some((first, last)),
                _ => return Err(bad("years must be two years, [first, last]")),
            }
        }
    };
    let listed = match named(object, "listed").as_deref() {
        None | Some("anywhere") => Listed::Anywhere,
        Some("primary") => Listed::Primary,
        Some(_) => return Err(bad("listed must be \"anywhere\" or \"primary\"")),
    };
    let sort = match named(object, "sort").as_deref() {
        None | Some("relevance") => Sort::Relevance,
        Some("newest") => Sort::Newest,
        Some(_) => return Err(bad("sort must be \"relevance\" or \"newest\"")),
    };
    let filter = Filter {
        categories,
        listed,
        years,
    };
    Ok((k, filter, sort))
}

/// A field that is one of some names; what is no text is none of them.
fn named(object: &Object, name: &str) -> Option<String> {
    field(object, name).map(|value| value.as_string().unwrap_or_default())
}

fn field(object: &Object, name: &str) -> Option<JsValue> {
    let value = Reflect::get(object, &JsValue::from_str(name)).ok()?;
    (!value.is_undefined() && !value.is_null()).then_some(value)
}

/// A misspelled option would otherwise be an option not taken.
fn known_only(object: &Object, names: &[&str]) -> Result<(), EngineError> {
    let stranger = Object::keys(object)
        .iter()
        .filter_map(|key| key.as_string())
        .find(|key| !names.contains(&key.as_str()));
    match stranger {
        None => Ok(()),
        Some(key) => Err(bad(format!(
            "unknown option {key:?}; known are {}",
            names.join(", ")
        ))),
    }
}

fn whole(value: &JsValue, least: usize, most: usize) -> Option<usize> {
    let number = value.as_f64().filter(|number| number.fract() == 0.0)?;
    (number >= least as f64 && number <= most as f64).then_some(number as usize)
}
