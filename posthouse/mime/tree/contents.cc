#include "posthouse/mime/tree/contents.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>

#include "posthouse/base/text.h"
#include "posthouse/mime/html/html_scanner.h"
#include "posthouse/mime/html/html_text.h"
#include "posthouse/mime/tree/message.h"
#include "posthouse/mime/tree/message_data.h"
#include "posthouse/mime/tree/related.h"

namespace posthouse::mime {
namespace {

constexpr std::size_t none = static_cast<std::size_t>(-1);

bool is_text(const Part& part) {
  return part.is_leaf() && (part.is("text/") || part.is("multipart/"));
}

// A form of a text that people read; a calendar or a card among alternatives is rather for programs.
bool is_readable(const Part& part) {
  return part.is_multipart() || part.is("multipart/") || part.is("text/plain") || part.is("text/html") ||
         part.is("text/enriched") || part.is("text/richtext");
}

bool is_called_attachment(const Part& part) {
  const std::string disposition = part.disposition();
  return !disposition.empty() && disposition != "inline";  // RFC 2183 section 2.8
}

bool is_named(const Part& part) {
  return !part.filename().value_or("").empty();
}

// Is there anything to see in it?
bool has_something(const Part& text) {
  constexpr std::size_t surely = 64 * 1024;  // octets that are not all blank, nor all tags
  if (text.raw_body().size() > surely) {
    return true;
  }
  if (!text.is("text/html")) {
    return !trim(text.content()).empty();
  }
  const std::string html = text.text();
  if (!trim(html_to_text(html, {.limit = 1024, .links = false})).empty()) {
    return true;
  }
  HtmlScanner scanner(html);
  for (HtmlToken token; scanner.next(token);) {
    if (token.kind == HtmlToken::Kind::open && token.name == "img") {
      return true;
    }
  }
  return false;
}

enum class Form { text, page };

// Goes over the message's own parts (not those of messages inside it), in their order.
class ContentsWalk {
 public:
  explicit ContentsWalk(const Message& message) : message_(message), own_(own_parts(message)) {
    measure_alternatives();
  }

  static std::vector<Part> own_parts(const Message& message) {
    std::vector<Part> own;
    std::size_t behind = 0;  // the last message inside
    for (const Part part : message.walk()) {
      if (part.index() < behind) {
        continue;
      }
      own.push_back(part);
      if (part.is_message() && part.index() != 0) {
        behind = part.index() + part.walk().size();
      }
    }
    return own;
  }

  Contents run() {
    Contents contents;
    contents.text = shown(Form::text, nullptr);
    contents.page = shown(Form::page, &contents.files);
    const std::set<std::size_t> pictures = pictures_of(contents.page);
    std::erase_if(contents.files, [&](const Part& file) { return pictures.contains(file.index()); });
    return contents;
  }

 private:
  struct State {
    bool in_alternative = false;
    bool something = false;  // of parts in alternatives only
    bool html = false;       // likewise
    bool hidden = false;     // another alternative is shown
    bool resource = false;   // of a multipart/related, not its root
    std::size_t chosen = none;
  };

  // From the last part to the first, so that what is inside is known before what is around it.
  void measure_alternatives() {
    states_.resize(message_.part_count());
    for (const Part& part : own_) {
      const std::optional<Part> outer = part.parent();
      states_[part.index()].in_alternative =
          outer && (states_[outer->index()].in_alternative || outer->is("multipart/alternative"));
    }
    for (auto part = own_.rbegin(); part != own_.rend(); ++part) {
      State& state = states_[part->index()];
      if (!state.in_alternative) {
        continue;
      }
      if (is_text(*part)) {
        state.something = has_something(*part);
        state.html = part->is("text/html");
      }
      State& outer = states_[part->parent()->index()];
      outer.something |= state.something;
      outer.html |= state.html;
    }
  }

  std::size_t choose(const Part& alternative, Form form) const {
    std::size_t best = none;
    int most = -1;
    for (const Part child : alternative.children()) {
      const State& state = states_[child.index()];
      const int worth = !state.something ? 0 : !is_readable(child) ? 1 : form == Form::text && state.html ? 2 : 3;
      if (worth >= most) {
        most = worth;
        best = child.index();
      }
    }
    return best;
  }

  void enter(const Part& part, Form form) {
    State& state = states_[part.index()];
    state.hidden = state.resource = false;
    state.chosen = none;
    if (const std::optional<Part> outer = part.parent()) {
      const State& around = states_[outer->index()];
      const bool other = around.chosen != none && around.chosen != part.index();
      state.hidden = around.hidden || (other && outer->is("multipart/alternative"));
      state.resource = around.resource || (other && outer->is("multipart/related"));
    }
    if (part.is_multipart() && part.is("multipart/alternative")) {
      state.chosen = choose(part, form);
    } else if (part.is_multipart() && part.is("multipart/related")) {
      const std::optional<Part> root = related_root(part);
      state.chosen = root ? root->index() : none;
    }
  }

  std::vector<Part> shown(Form form, std::vector<Part>* files) {
    std::vector<Part> out;
    std::optional<Part> held_back;
    bool something = false;
    const auto file = [&](const Part& part) {
      if (files != nullptr) {
        files->push_back(part);
      }
    };
    for (const Part& part : own_) {
      enter(part, form);
      const State& state = states_[part.index()];
      if (part.is_multipart() || (part.is_message() && part.index() == 0)) {
        continue;
      }
      const bool attachment = is_called_attachment(part);
      if (!is_text(part) || state.resource) {
        file(part);
      } else if (state.hidden) {
        if (attachment || !is_readable(part)) {
          file(part);
        }
      } else if (attachment) {
        file(part);
        held_back = held_back ? held_back : part;
      } else if (something && is_named(part)) {
        file(part);
      } else {
        out.push_back(part);
        something = something || has_something(part);
      }
    }
    if (!something && held_back) {
      out.push_back(*held_back);
    }
    return out;
  }

  // The pictures that the HTML among `page` shows by "cid:".
  std::set<std::size_t> pictures_of(const std::vector<Part>& page) const {
    std::optional<ContentIds> ids;
    std::set<std::size_t> found;
    for (const Part& part : page) {
      if (!part.is("text/html")) {
        continue;
      }
      const std::string html = part.text();
      HtmlScanner scanner(html);
      for (HtmlToken token; scanner.next(token);) {
        if (token.kind != HtmlToken::Kind::open || token.name != "img") {
          continue;
        }
        const std::string source = decode_html_references(trim(html_attribute(token.attributes, "src")));
        if (!istarts_with(source, "cid:")) {
          continue;
        }
        if (!ids) {
          ids.emplace(message_);
        }
        if (const auto picture = ids->find(source); picture && is_web_picture(*picture)) {
          found.insert(picture->index());
        }
      }
    }
    return found;
  }

  const Message& message_;
  std::vector<Part> own_;
  std::vector<State> states_{};
};

}  // namespace

bool is_web_picture(const Part& part) {
  const std::string type = part.type();
  return type == "image/png" || type == "image/jpeg" || type == "image/gif" || type == "image/webp" ||
         type == "image/bmp";
}

Contents Message::contents() const {
  return ContentsWalk(*this).run();
}

namespace {

// The first of that type among what is shown, else among the forms of it that are not.
std::optional<Part> first_of(const Message& message, const std::vector<Part>& shown, const std::vector<Part>& files,
                             std::string_view type) {
  const auto is_it = [&](const Part& part) { return part.is_leaf() && part.is(type); };
  if (const auto found = std::find_if(shown.begin(), shown.end(), is_it); found != shown.end()) {
    return *found;
  }
  for (const Part& part : ContentsWalk::own_parts(message)) {
    if (is_it(part) && !std::ranges::binary_search(files, part.index(), {}, &Part::index)) {  // they are in order
      return part;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Part> Message::text_part() const {
  const Contents found = contents();
  return first_of(*this, found.text, found.files, "text/plain");
}

std::optional<Part> Message::html_part() const {
  const Contents found = contents();
  return first_of(*this, found.page, found.files, "text/html");
}

std::vector<Part> Message::attachments() const {
  return contents().files;
}

}  // namespace posthouse::mime
