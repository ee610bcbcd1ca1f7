//! The HTML of the campus, as text. Whatever a person could have typed goes through `Escaped`.

use std::fmt::{self, Display, Formatter};

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use crate::Host;
use crate::people::{Course, NEWCOMERS, Person, RESIDENTS};
use crate::register::Login;

/// How a visitor likes the pages.
#[derive(Clone, Copy)]
pub(super) struct View {
    /// `en` or `pt`.
    pub(super) lang: &'static str,
    /// `ltr` or `rtl`: to look at the chat from right to left, in any language.
    pub(super) dir: &'static str,
}

impl View {
    fn say(self, english: &'static str, portuguese: &'static str) -> &'static str {
        if self.lang == "pt" { portuguese } else { english }
    }
}

/// A page's own part.
pub(super) struct Page {
    title: String,
    /// The page's path, to mark it among the links.
    path: String,
    main: String,
}

/// Text as HTML, in elements and in quoted attributes.
struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                c => fmt::Write::write_char(f, c)?,
            }
        }
        Ok(())
    }
}

impl Page {
    /// The entrance: who can one be?
    pub(super) fn home(host: &Host, view: View) -> Page {
        let residents = RESIDENTS.iter().map(|resident| (Person::from(resident), resident.slug));
        let people = residents.map(|(person, slug)| entrance(host, &person, slug, view));
        let newcomers = NEWCOMERS.iter().map(|newcomer| (Person::from(newcomer), newcomer.slug));
        let newcomers: String = newcomers.map(|(person, slug)| entrance(host, &person, slug, view)).collect();
        let people: String = people.collect();
        let others = match (host.config.classmates, view.lang) {
            (0, _) => String::new(),
            (n, "pt") => format!(
                "<p>{n} colegas simulados entram e saem, e respondem a quem lhes escreve: \
                 também se pode experimentar a sós.</p>"
            ),
            (n, _) => format!(
                "<p>{n} simulated classmates come and go, and answer whoever writes to them, so you can try it \
                 alone.</p>"
            ),
        };
        let main = format!(
            "<h1>{welcome}</h1><p class=\"lead\">{lead}</p><h2>{who}</h2><ul class=\"people\">{people}</ul>\
             <p>{how}</p>{others}<h2>{never}</h2><p>{find}</p><ul class=\"people\">{newcomers}</ul>",
            welcome = view.say("Welcome to the demo campus", "Boas-vindas ao campus de demonstração"),
            lead = view.say(
                "A small school with a chat that stays with you from page to page.",
                "Uma pequena escola com um chat que acompanha cada página."
            ),
            who = view.say("Who would you like to be?", "Quem quer ser?"),
            how = view.say(
                "Open a second browser, or a private window, as somebody else, and talk to yourself. \
                 Ana and Daniel share no course: they never see each other. Each course has a room; in History each \
                 seminar has its own, and Daniel, who teaches it, is in both.",
                "Abra outro navegador, ou uma janela privada, como outra pessoa, e fale consigo. \
                 Ana e Daniel não partilham nenhum curso: nunca se veem. Cada curso tem uma sala; em History cada \
                 seminário tem a sua, e Daniel, que o ensina, está nas duas."
            ),
            never = view.say("Who has never been here", "Quem nunca cá esteve"),
            find = view.say(
                "They are enrolled and have never opened the chat. Find one by a part of the name, accents do not count, \
                 and write to them; then come as them and read it.",
                "Estão inscritas e nunca abriram o chat. Encontre uma destas pessoas por parte do nome, os acentos não \
                 contam, e escreva-lhe; depois entre como ela e leia."
            ),
        );
        let title = view.say("Global Chat demo campus", "Campus de demonstração do Global Chat");
        Page { title: title.to_owned(), path: "/".to_owned(), main }
    }

    /// A course, for somebody who is in it.
    pub(super) fn course(course: Course, view: View) -> Page {
        let text = match course {
            Course::Algebra => view.say(
                "<h1>Algebra</h1><p class=\"lead\">Letters instead of numbers, and why that helps.</p>\
                 <h2>This week</h2><p>We solve quadratic equations by completing the square. Bring the sheet, and \
                 try the first three exercises on your own: the path matters more than the result.</p>\
                 <ol><li>x² + 6x + 5 = 0</li><li>x² − 4x = 12</li><li>2x² + 8x − 10 = 0</li></ol>\
                 <h2>Next week</h2><p>Where the formula comes from, in one picture.</p>",
                "<h1>Algebra</h1><p class=\"lead\">Letras em vez de números, e porque isso ajuda.</p>\
                 <h2>Esta semana</h2><p>Resolvemos equações do segundo grau completando o quadrado. Tragam a ficha \
                 e tentem sozinhos os três primeiros exercícios: o caminho importa mais do que o resultado.</p>\
                 <ol><li>x² + 6x + 5 = 0</li><li>x² − 4x = 12</li><li>2x² + 8x − 10 = 0</li></ol>\
                 <h2>Próxima semana</h2><p>De onde vem a fórmula, numa só imagem.</p>",
            ),
            Course::History => view.say(
                "<h1>History</h1><p class=\"lead\">What people wrote down, and what they left out.</p>\
                 <h2>This week</h2><p>Letters home: three sailors describe the same storm of 1755, and disagree \
                 about nearly everything. Read all three before you believe any.</p>\
                 <h2>To think about</h2><p>Who was each letter for? What did its writer hope would happen next?</p>",
                "<h1>History</h1><p class=\"lead\">O que as pessoas escreveram, e o que deixaram de fora.</p>\
                 <h2>Esta semana</h2><p>Cartas para casa: três marinheiros descrevem a mesma tempestade de 1755 e \
                 discordam em quase tudo. Leiam as três antes de acreditar numa.</p>\
                 <h2>Para pensar</h2><p>Para quem era cada carta? O que esperava quem a escreveu?</p>",
            ),
        };
        let people = view.say("People of this course", "Pessoas deste curso");
        let main = format!("{text}<p><a href=\"{}\">{people}</a></p>", Part::People.path(course));
        Page { title: Part::Course.title(course, view), path: Part::Course.path(course), main }
    }

    /// A course's forum, for somebody who is in it.
    pub(super) fn forum(course: Course, view: View) -> Page {
        let main = match course {
            Course::Algebra => view.say(
                "<h1>Algebra forum</h1>\
                 <article><h2>Exercise 3: divide first?</h2><p>I divided everything by two before completing the \
                 square. Is that allowed, or do I lose a solution?</p></article>\
                 <article><h2>Re: Exercise 3: divide first?</h2><p>Allowed, and clever: two is never zero. Now try \
                 dividing by x, and see what you lose.</p></article>\
                 <article><h2>Study group on Thursday</h2><p>Library, second floor, after lunch. Everyone is \
                 welcome.</p></article>",
                "<h1>Algebra: fórum</h1>\
                 <article><h2>Exercício 3: dividir primeiro?</h2><p>Dividi tudo por dois antes de completar o \
                 quadrado. Pode ser, ou perco uma solução?</p></article>\
                 <article><h2>Re: Exercício 3: dividir primeiro?</h2><p>Pode, e é esperto: dois nunca é zero. Agora \
                 experimentem dividir por x, e vejam o que se perde.</p></article>\
                 <article><h2>Grupo de estudo na quinta-feira</h2><p>Biblioteca, segundo andar, depois do almoço. \
                 Venham todos.</p></article>",
            ),
            Course::History => view.say(
                "<h1>History forum</h1>\
                 <article><h2>The second sailor</h2><p>He cannot have seen the harbour from where he says he \
                 stood. I checked on the map.</p></article>\
                 <article><h2>Re: The second sailor</h2><p>Unless the map is younger than the harbour wall.</p>\
                 </article>",
                "<h1>History: fórum</h1>\
                 <article><h2>O segundo marinheiro</h2><p>Não pode ter visto o porto de onde diz que estava. \
                 Verifiquei no mapa.</p></article>\
                 <article><h2>Re: O segundo marinheiro</h2><p>A não ser que o mapa seja mais novo do que o \
                 molhe.</p></article>",
            ),
        };
        Page { title: Part::Forum.title(course, view), path: Part::Forum.path(course), main: main.to_owned() }
    }

    /// The people of a course, each with a link to their page.
    pub(super) fn people(course: Course, members: &[Person], view: View) -> Page {
        let people = members.iter().map(|person| {
            format!(
                "<li><a class=\"person\" href=\"/demo/people/{id}\">\
                 <img src=\"/demo/pictures/{id}\" alt=\"\" width=\"40\" height=\"40\" loading=\"lazy\">\
                 <span><strong><bdi>{name}</bdi></strong><small>{role}</small></span></a></li>",
                id = person.id,
                name = Escaped(&person.name),
                role = role(person, course, view),
            )
        });
        let title = Part::People.title(course, view);
        let main = format!("<h1>{title}</h1><ul class=\"people\">{}</ul>", people.collect::<String>());
        Page { title, path: Part::People.path(course), main }
    }

    /// A part of a course, for somebody who is not in it.
    pub(super) fn closed(course: Course, part: Part, view: View) -> Page {
        let main = format!(
            "<h1>{title}</h1><p class=\"lead\">{text} {title}.</p>{form}",
            title = course.title(),
            text = view.say("You are not enrolled in", "Não está inscrito em"),
            form = enrol_form(course, true, view),
        );
        Page { title: part.title(course, view), path: part.path(course), main }
    }

    /// One's own page, where one joins and leaves courses.
    pub(super) fn own(person: &Person, courses: &[Course], view: View) -> Page {
        let rows = Course::ALL.iter().map(|course| {
            let member = courses.contains(course);
            let state = match (member, person.teaches == Some(*course)) {
                (false, _) => view.say("not enrolled", "sem inscrição"),
                (true, true) => view.say("teacher", "docente"),
                (true, false) => view.say("student", "estudante"),
            };
            format!(
                "<li><span><strong>{}</strong><small>{state}</small></span>{}</li>",
                course.title(),
                enrol_form(*course, !member, view)
            )
        });
        let main = format!(
            "{head}<h2>{courses}</h2><ul class=\"rows\">{rows}</ul><p>{text}</p>",
            head = portrait(person),
            courses = view.say("Your courses", "Os seus cursos"),
            rows = rows.collect::<String>(),
            text = view.say(
                "Leave a course and watch its people disappear from your chat, and you from theirs, at once.",
                "Saia de um curso e veja as pessoas desaparecerem do seu chat, e você do delas, na hora."
            ),
        );
        Page { title: person.name.clone(), path: format!("/demo/people/{}", person.id), main }
    }

    /// Another person's page; `courses` are those that the viewer shares.
    pub(super) fn person(person: &Person, courses: &[Course], view: View) -> Page {
        let rows = courses.iter().map(|course| {
            let (title, role) = (course.title(), role(person, *course, view));
            format!("<li><span><strong>{title}</strong><small>{role}</small></span></li>")
        });
        let main = format!(
            "{head}<p>{button}</p><h2>{shared}</h2><ul class=\"rows\">{rows}</ul>",
            head = portrait(person),
            button = message(person, view),
            shared = view.say("Courses you share", "Cursos em comum"),
            rows = rows.collect::<String>(),
        );
        Page { title: person.name.clone(), path: format!("/demo/people/{}", person.id), main }
    }

    /// Nothing here, or nothing that this visitor may know of.
    pub(super) fn missing(view: View) -> Page {
        let title = view.say("Page not found", "Página não encontrada");
        let text = view.say("There is no such page on this campus.", "Não há tal página neste campus.");
        Page {
            title: title.to_owned(),
            path: String::new(),
            main: format!("<h1>{title}</h1><p class=\"lead\">{text}</p>"),
        }
    }
}

/// What a course has pages of.
#[derive(Clone, Copy)]
pub(super) enum Part {
    Course,
    Forum,
    People,
}

impl Part {
    fn title(self, course: Course, view: View) -> String {
        let rest = match self {
            Part::Course => "",
            Part::Forum => view.say(" forum", ": fórum"),
            Part::People => view.say(": people", ": pessoas"),
        };
        format!("{}{rest}", course.title())
    }

    fn path(self, course: Course) -> String {
        let rest = match self {
            Part::Course => "",
            Part::Forum => "/forum",
            Part::People => "/people",
        };
        format!("/demo/{}{rest}", course.slug())
    }
}

/// Somebody whom a visitor can be.
fn entrance(host: &Host, person: &Person, slug: &str, view: View) -> String {
    let courses = host.register.courses(person).1;
    let roles = courses.iter().map(|course| match (person.teaches == Some(*course), view.lang) {
        (true, "pt") => format!("ensina {}", course.title()),
        (true, _) => format!("teaches {}", course.title()),
        (false, "pt") => format!("estuda {}", course.title()),
        (false, _) => format!("studies {}", course.title()),
    });
    let roles: Vec<_> = roles.collect();
    let roles = if roles.is_empty() {
        view.say("in no course", "em nenhum curso").to_owned()
    } else {
        roles.join(", ")
    };
    format!(
        "<li><a class=\"person\" href=\"/demo/as/{slug}\">\
         <img src=\"/demo/pictures/{id}\" alt=\"\" width=\"56\" height=\"56\">\
         <span><strong>{name}</strong><small>{roles}</small></span></a></li>",
        id = person.id,
        name = Escaped(&person.name),
    )
}

fn role(person: &Person, course: Course, view: View) -> &'static str {
    if person.teaches == Some(course) {
        view.say("teacher", "docente")
    } else {
        view.say("student", "estudante")
    }
}

fn portrait(person: &Person) -> String {
    format!(
        "<h1 class=\"portrait\"><img src=\"/demo/pictures/{}\" alt=\"\" width=\"72\" height=\"72\">\
         <bdi>{}</bdi></h1>",
        person.id,
        Escaped(&person.name)
    )
}

/// A button that opens the chat with somebody, online or not: all that it takes beside the chat's script.
fn message(person: &Person, view: View) -> String {
    let text = view.say("Message", "Mensagem");
    format!("<button type=\"button\" class=\"message\" data-gchat-message=\"{}\">{text}</button>", person.id)
}

fn enrol_form(course: Course, member: bool, view: View) -> String {
    let text = if member { view.say("Join", "Entrar em") } else { view.say("Leave", "Sair de") };
    format!(
        "<form method=\"post\" action=\"/demo/enrol?course={slug}&amp;member={member}\">\
         <button>{text} {title}</button></form>",
        slug = course.slug(),
        title = course.title(),
    )
}

/// The chat on a page: all that a host has to put there.
fn chat(host: &Host, view: View, sid: &str, login: &Login) -> (String, String) {
    let server = server_path(&host.config.server_url);
    let block = format!(
        "<section class=\"block\"><h2>Global Chat</h2><gchat-roster><p>{loading}</p><noscript><p>{noscript}</p></noscript>\
         </gchat-roster></section>",
        loading = view.say("Global Chat is loading…", "O Global Chat está a carregar…"),
        noscript = view.say("It needs JavaScript.", "Precisa de JavaScript."),
    );
    let script = format!(
        "<script type=\"module\" src=\"{server}client/gchat.js?v={version}\" data-gchat data-server=\"{server}\" \
         data-site=\"{site}\" data-user=\"{user}\" data-sid=\"{sid}\" data-token-url=\"/demo/token\" \
         data-people-url=\"/demo/people\" \
         data-mark=\"{mark}\" data-salt=\"{salt}\" data-lang=\"{lang}\" data-container=\"body\"></script>",
        server = Escaped(server),
        version = Escaped(&host.config.client_version),
        site = Escaped(&host.config.site),
        user = login.person,
        mark = Escaped(&super::mark::name(host)),
        salt = Escaped(&login.salt),
        lang = view.lang,
    );
    (block, script)
}

/// The server's address as the campus's pages see it: on the same origin.
fn server_path(url: &str) -> &str {
    url.split_once("://").and_then(|(_, rest)| rest.find('/').map(|slash| &rest[slash..])).unwrap_or("/")
}

/// A whole document around a page's own part.
pub(super) fn document(host: &Host, view: View, login: Option<&(String, Login)>, page: &Page) -> String {
    let person = login.and_then(|(_, login)| host.person(login.person));
    let link = |path: &str, text: &str| {
        let current = if path == page.path { " aria-current=\"page\"" } else { "" };
        format!("<li><a href=\"{path}\"{current}>{text}</a></li>")
    };
    let mut links = link("/", view.say("Campus", "Campus"));
    let mut account = String::new();
    let (mut block, mut script) = (String::new(), String::new());
    if let (Some((sid, login)), Some(person)) = (login, &person) {
        for course in Course::ALL {
            for part in [Part::Course, Part::Forum] {
                links += &link(&part.path(course), &part.title(course, view));
            }
        }
        account = format!(
            "<div class=\"account\"><a href=\"/demo/people/{id}\"><img src=\"/demo/pictures/{id}\" alt=\"\" \
             width=\"28\" height=\"28\"><bdi>{name}</bdi></a><form method=\"post\" action=\"/demo/logout\">\
             <button>{out}</button></form></div>",
            id = person.id,
            name = Escaped(&person.name),
            out = view.say("Sign out", "Terminar sessão"),
        );
        (block, script) = chat(host, view, sid, login);
    }
    let other_lang = match view.lang {
        "pt" => "<a href=\"?lang=en\" lang=\"en\" hreflang=\"en\">English</a>",
        _ => "<a href=\"?lang=pt\" lang=\"pt\" hreflang=\"pt\">Português</a>",
    };
    let other_dir = match view.dir {
        "rtl" => ("ltr", view.say("Left to right", "Da esquerda para a direita")),
        _ => ("rtl", view.say("Right to left", "Da direita para a esquerda")),
    };
    format!(
        "<!DOCTYPE html>\n<html lang=\"{lang}\" dir=\"{dir}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
         <link rel=\"icon\" href=\"/demo/pictures/2\" type=\"image/svg+xml\">\n\
         <link rel=\"stylesheet\" href=\"/demo/campus.css\">\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#main\">{skip}</a>\n\
         <header class=\"top\"><a class=\"name\" href=\"/\">Riverside Campus</a>{account}</header>\n\
         <nav aria-label=\"{pages}\"><ul>{links}</ul></nav>\n\
         <div class=\"columns{alone}\"><main id=\"main\">{main}</main>{aside}</div>\n\
         <footer><p>{made}</p><p>{other_lang} · <a href=\"?dir={dir_to}\">{dir_text}</a></p></footer>\n\
         {script}\n</body>\n</html>\n",
        lang = view.lang,
        dir = view.dir,
        title = Escaped(&page.title),
        skip = view.say("Skip to the content", "Saltar para o conteúdo"),
        pages = view.say("Pages", "Páginas"),
        main = page.main,
        alone = if block.is_empty() { " alone" } else { "" },
        aside = if block.is_empty() {
            String::new()
        } else {
            format!("<aside aria-label=\"{}\">{block}</aside>", view.say("Sidebar", "Barra lateral"))
        },
        made = view.say("A demo of Global Chat.", "Uma demonstração do Global Chat."),
        dir_to = other_dir.0,
        dir_text = other_dir.1,
    )
}

/// A picture with somebody's initials.
pub(super) fn picture(person: &Person) -> String {
    let words = person.name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let initials: String =
        words.filter_map(|word| word.chars().next()).take(2).flat_map(char::to_uppercase).collect();
    let hue = person.id * 137 % 360;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 64 64\"><rect width=\"64\" height=\"64\" \
         fill=\"hsl({hue} 45% 38%)\"/><text x=\"32\" y=\"41\" font-family=\"system-ui, sans-serif\" \
         font-size=\"26\" font-weight=\"600\" text-anchor=\"middle\" fill=\"#fff\">{}</text></svg>",
        Escaped(&initials)
    )
}

/// For whoever came by an address that the server does not know.
pub(super) fn elsewhere(wwwroot: &str) -> Response {
    let html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>This campus lives elsewhere</title>\
         <link rel=\"stylesheet\" href=\"/demo/campus.css\"></head><body><main><h1>This campus lives elsewhere</h1>\
         <p>Open it as <a href=\"{0}/\">{0}/</a>. The chat takes connections from pages of that address only; \
         start <code>gchat demo</code> with another <code>--listen</code> to change it.</p></main></body></html>\n",
        Escaped(wwwroot)
    );
    (StatusCode::MISDIRECTED_REQUEST, [(CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response()
}
