//! Light, dark, or as the system has it.

use leptos::prelude::*;

use crate::view::browser;

/// What the switch stands at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Theme {
    System,
    Light,
    Dark,
}

impl Theme {
    fn kept() -> Self {
        match browser::kept_theme().as_deref() {
            Some("light") => Self::Light,
            Some("dark") => Self::Dark,
            _ => Self::System,
        }
    }

    fn next(self) -> Self {
        match self {
            Self::System => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::System,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    fn apply(self) {
        browser::apply_theme((self != Self::System).then(|| self.name()));
    }

    /// Half disk, sun, moon.
    fn icon(self) -> &'static str {
        match self {
            Self::System => "M10 2.5a7.5 7.5 0 1 0 0 15z",
            Self::Light => "M10 6a4 4 0 1 0 0 8 4 4 0 0 0 0-8z",
            Self::Dark => "M8 3a7 7 0 1 0 9 9 6.5 6.5 0 0 1-9-9z",
        }
    }

    fn outline(self) -> &'static str {
        match self {
            Self::System => "M10 2.5a7.5 7.5 0 0 1 0 15",
            Self::Light => {
                "M10 1v2.5M10 16.5V19M1 10h2.5M16.5 10H19M3.6 3.6l1.8 1.8M14.6 14.6l1.8 1.8M16.4 3.6l-1.8 1.8M5.4 14.6l-1.8 1.8"
            }
            Self::Dark => "",
        }
    }
}

/// Shows the kept theme, where the boot script has not done so already.
pub(crate) fn start() {
    Theme::kept().apply();
}

/// The switch in the header.
#[component]
pub(crate) fn ThemeSwitch() -> impl IntoView {
    let theme = RwSignal::new(Theme::kept());
    let label = move || {
        let theme = theme.get();
        format!("Theme: {}. Switch to {}", theme.name(), theme.next().name())
    };
    let switch = move |_| {
        let next = theme.get_untracked().next();
        next.apply();
        theme.set(next);
    };
    view! {
        <button type="button" class="icon" data-testid="theme" aria-label=label title=label on:click=switch>
            <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
                <path class="fill" d=move || theme.get().icon()></path>
                <path class="line" d=move || theme.get().outline()></path>
            </svg>
        </button>
    }
}
