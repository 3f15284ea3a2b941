//! Messages survive the way.

use super::*;

#[test]
fn an_envelope_survives_the_way_to_the_worker_and_back() {
    let asked = Envelope {
        protocol: PROTOCOL,
        request: 7,
        engine: EngineId::Int8Relaxed,
        corpus: String::new(),
        body: Request::Search {
            text: "spin \u{1f9f2} glass".to_owned(),
            by: By::Words,
            k: 10,
            filter: Filter {
                categories: vec!["cs".to_owned()],
                years: Some((1999, 2004)),
                ..Filter::default()
            },
            order: Order::Diverse,
            sort: Sort::Newest,
        },
    };
    let json = serde_json::to_string(&asked).expect("messages have no unwritable value");
    assert_eq!(
        serde_json::from_str::<Envelope<Request>>(&json).ok(),
        Some(asked)
    );
}

#[test]
fn every_question_about_the_map_survives_json() {
    for question in [
        MapQuestion::Open,
        MapQuestion::Numbers {
            ids: vec!["x".to_owned()],
        },
        MapQuestion::Papers {
            numbers: vec![0, 9],
        },
        MapQuestion::Passing {
            filter: Filter::default(),
        },
        MapQuestion::Look { paper: 3, near: 8 },
    ] {
        let request = Request::Map(question);
        let json = serde_json::to_string(&request).expect("messages have no unwritable value");
        assert_eq!(
            serde_json::from_str::<Request>(&json).ok(),
            Some(request),
            "{json}"
        );
    }
}

#[test]
fn every_answer_survives_json() {
    let progress = Progress {
        part: "Model".to_owned(),
        file: "model-0.bin".to_owned(),
        done: 1,
        total: 2,
        source: Source::Device,
    };
    for answer in [
        Answer::Hello,
        Answer::Dying("no memory".to_owned()),
        Answer::Progress(progress),
        Answer::Done(Reply::Pong),
        Answer::Done(Reply::Embedding {
            n_tokens: 3,
            n_cut: 0,
        }),
        Answer::Done(Reply::Occluded(Occluded {
            probability: 0.1,
            without: vec![None, Some(0.7)],
        })),
        Answer::Done(Reply::Map(MapAnswer::Numbers(vec![Some(7), None]))),
        Answer::Done(Reply::Map(MapAnswer::Passing { n: 3 })),
        Answer::Steps { done: 3, total: 7 },
        Answer::Done(Reply::Verified(Finding::Roads(Roads {
            papers: 9,
            questions: 2,
            ways: vec![Way {
                method: Method::Codes { depth: 500 },
                recall: 0.5,
                at_build: None,
                times: Times {
                    half: 0.25,
                    most: 0.5,
                },
            }],
            embedding: Times {
                half: 4.0,
                most: 8.0,
            },
            tokens: 12.5,
        }))),
        Answer::Done(Reply::Verified(Finding::Files(Files {
            files: vec![FileFound {
                file: "model-0.bin".to_owned(),
                bytes: 3,
                fetched: 3,
                kept: Kept::Same,
            }],
            keeps: true,
            code: vec![("engine.js".to_owned(), 9)],
        }))),
        Answer::Done(Reply::Verified(Finding::Golden(Golden {
            engine: EngineId::F32Candle,
            texts: 5,
            same: 0,
            least: Some(0.9987),
        }))),
        Answer::Failed(EngineError::NoTokens),
    ] {
        let json = serde_json::to_string(&answer).expect("messages have no unwritable value");
        assert_eq!(
            serde_json::from_str::<Answer>(&json).ok(),
            Some(answer),
            "{json}"
        );
    }
}

#[test]
fn an_errors_code_is_the_one_that_its_json_carries() {
    for error in [
        EngineError::NoTokens,
        EngineError::NotLoaded,
        EngineError::Cancelled,
        EngineError::NoClassifier,
        EngineError::NoMap,
        EngineError::InPieces,
        EngineError::Protocol { page: 1, engine: 2 },
        EngineError::UnknownPaper { id: "x".to_owned() },
        EngineError::Fetch {
            file: "x".to_owned(),
            cause: "y".to_owned(),
        },
        EngineError::Damaged {
            file: "x".to_owned(),
            cause: "y".to_owned(),
        },
        EngineError::Crashed {
            cause: "y".to_owned(),
        },
        EngineError::BadArgument {
            message: "y".to_owned(),
        },
    ] {
        let json = serde_json::to_value(&error).expect("errors have no unwritable value");
        assert_eq!(json["code"], error.code());
    }
}

#[test]
fn an_engines_name_is_the_one_in_messages() {
    for engine in [
        EngineId::Int8Simd,
        EngineId::Int8Relaxed,
        EngineId::F32Candle,
    ] {
        let json = serde_json::to_string(&engine).expect("a name");
        assert_eq!(json, format!("{:?}", engine.name()));
    }
}
