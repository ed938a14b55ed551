// The signs. Each is a function of the message as a View has it, with a weight that was found by hand: a sign that honest mail
// shows now and then weighs little, one that only forgers need weighs much; no single one of the first kind makes a message
// unwanted.
#include "posthouse/judge/signs/signs.h"

#include <algorithm>
#include <span>
#include <string_view>

#include "posthouse/base/text.h"
#include "posthouse/judge/signs/view.h"
#include "posthouse/mailauth/dmarc/organization.h"
#include "posthouse/net/address.h"

namespace posthouse::judge {
namespace {

using mailauth::Verdict;
using Names = std::span<const std::string_view>;

// Where anybody gets an address: of such a domain it says nothing that an answer goes to another one.
constexpr std::string_view free_mail[] = {
    "gmail.com", "hotmail.com", "outlook.com", "yahoo.com", "aol.com", "gmx.de",   "gmx.net",  "mail.ru",   "yandex.ru",
    "qq.com",    "163.com",     "126.com",     "proton.me", "web.de",  "mail.com", "zoho.com", "icloud.com"};
constexpr std::string_view shorteners[] = {"bit.ly", "tinyurl.com", "goo.gl", "t.co", "ow.ly",
                                           "is.gd",  "cutt.ly",     "rb.gy",  "t.cn", "dwz.cn"};
// Files that do something when they are opened.
constexpr std::string_view programs[] = {".exe", ".scr", ".pif", ".com", ".bat", ".cmd", ".js",
                                         ".jse", ".vbs", ".vbe", ".wsf", ".jar", ".lnk", ".hta",
                                         ".msi", ".ps1", ".cpl", ".iso", ".img", ".chm"};
constexpr std::string_view documents[] = {".pdf",  ".doc", ".docx", ".xls", ".xlsx", ".jpg",
                                          ".jpeg", ".png", ".txt",  ".zip", ".gif",  ".rtf"};
constexpr std::string_view riches[] = {
    "next of kin",           "beneficiary", "inheritance", "lottery",        "unclaimed",
    "consignment",           "atm card",    "transfer of", "late president", "foreign account",
    "strictly confidential", "this fund"};
constexpr std::string_view sums[] = {"million dollars", "million usd",  "us dollars", "million united",
                                     "million pounds",  "million euro", "us$"};
constexpr std::string_view promises[] = {
    "100% free",    "risk free",   "risk-free",      "no obligation",    "limited time", "act now", "money back",
    "guaranteed",   "earn extra",  "work from home", "be your own boss", "order now",    "no cost", "special offer",
    "lowest price", "lose weight", "viagra",         "cialis",           "enlarge"};
constexpr std::string_view leaving[] = {"to be removed", "remove me",           "removed from",   "opt-out",
                                        "opt out",       "not wish to receive", "no longer wish", "unsubscribe"};

constexpr std::string_view fishing[] = {"verify your account", "confirm your account",       "confirm your identity",
                                        "unusual activity",    "account has been suspended", "account has been limited",
                                        "update your billing", "password will expire",       "mailbox is full",
                                        "validate your"};
constexpr std::string_view chinese[] = {"代开", "开票", "发票", "加微信", "免费领取",
                                        "中奖", "贷款", "赚钱", "优惠",   "点击链接"};
constexpr std::string_view salutes[] = {"dear friend", "dear sir",      "dear madam", "dear beloved",
                                        "attention:",  "dear customer", "dear winner"};

bool among(std::string_view text, Names names) {
  return std::find(names.begin(), names.end(), text) != names.end();
}

std::size_t count_found(std::string_view text, Names phrases) {
  return static_cast<std::size_t>(std::count_if(phrases.begin(), phrases.end(), [&](std::string_view phrase) {
    return text.find(phrase) != std::string_view::npos;
  }));
}

bool ends_with_one(std::string_view name, Names endings) {
  return std::any_of(endings.begin(), endings.end(), [&](std::string_view ending) { return name.ends_with(ending); });
}

bool any_file(const View& view, bool (*is)(const std::string& name)) {
  return std::any_of(view.files.begin(), view.files.end(), [&](const std::string& name) { return is(to_lower(name)); });
}

bool is_program(const std::string& name) {
  return ends_with_one(name, programs);
}

bool wears_two_endings(const std::string& name) {
  const std::size_t dot = name.rfind('.');
  return is_program(name) && dot != std::string::npos && ends_with_one(trim(name.substr(0, dot)), documents);
}

/// U+202E turns the direction of writing: "gpj.exe" is shown as "exe.jpg".
bool is_turned(const std::string& name) {
  return name.find("\u202E") != std::string::npos;
}

std::string organization(const std::string& domain) {
  return mailauth::registrable_domain(domain).domain;
}

/// A link whose words name a host of somebody else than where it leads.
bool leads_elsewhere(const View& view) {
  return std::any_of(view.links.begin(), view.links.end(), [](const Link& link) {
    return !link.shown.empty() && link.shown != link.host && organization(link.shown) != organization(link.host);
  });
}

template <class F>
bool any_link(const View& view, F&& is) {
  return std::any_of(view.links.begin(), view.links.end(), [&](const Link& link) { return is(link.host); });
}

bool is_far_date(const View& view) {
  const auto date = view.message.date();
  if (!date || view.how.now == std::chrono::system_clock::time_point{}) {
    return false;
  }
  const auto apart = view.how.now - date->utc;
  return apart > std::chrono::days(30) || apart < -std::chrono::days(2);
}

/// "bank@example.com" <thief@elsewhere.example>
bool shows_another_address(const View& view) {
  return std::any_of(view.from.begin(), view.from.end(), [](const mime::Address& author) {
    const std::size_t at = author.name.rfind('@');
    return at != std::string::npos && author.name.find('.', at) != std::string::npos &&
           !iequals(trim(std::string_view(author.name).substr(at + 1, author.domain().size())), author.domain());
  });
}

bool wants_answers_elsewhere(const View& view) {
  const auto answers = view.message.reply_to();
  const std::string from = view.from_domain();
  return !answers.empty() && !from.empty() && among(to_lower(answers.front().domain()), free_mail) &&
         !iequals(answers.front().domain(), from);
}

bool is_to_himself(const View& view) {
  const auto to = view.message.to();
  return view.from.size() == 1 && to.size() == 1 && iequals(view.from.front().addr, to.front().addr);
}

bool is_shouting(const View& view) {
  std::size_t large = 0;
  std::size_t small = 0;
  for (const char c : view.subject) {
    large += c >= 'A' && c <= 'Z' ? 1 : 0;
    small += c >= 'a' && c <= 'z' ? 1 : 0;
  }
  return large >= 10 && small == 0;
}

bool has_gap(const View& view) {
  return view.subject.find("      ") != std::string::npos;
}

bool is_noisy(const View& view) {
  return view.subject.find("!!") != std::string::npos || view.subject.find("$$") != std::string::npos ||
         std::count(view.subject.begin(), view.subject.end(), '!') >= 3;
}

bool answers_nothing(const View& view) {
  return istarts_with(view.subject, "Re:") && !view.has("References") && !view.has("In-Reply-To");
}

bool is_only_picture(const View& view) {
  return view.has_image && trim(view.text).size() < 40;
}

bool hides_text(const View& view) {
  constexpr std::string_view styles[] = {"font-size:0",   "font-size: 0",     "display:none",
                                         "display: none", "color:#ffffff\">", "visibility:hidden"};
  return count_found(view.html, styles) != 0 && view.html.find("@media") == std::string::npos;
}

/// Zero-width characters and soft hyphens within words keep others from finding them.
bool splits_words(const View& view) {
  std::size_t found = 0;
  for (const std::string_view mark : {"\u200B", "\u200C", "\u2060", "\u00AD"}) {
    for (std::size_t at = view.text.find(mark); at != std::string::npos; at = view.text.find(mark, at + mark.size())) {
      ++found;
    }
  }
  return found >= 5;
}

bool has_raw_header(const View& view) {
  for (const mime::Field field : view.message.headers()) {
    if ((field.is("Subject") || field.is("From")) && !is_ascii(field.raw_value())) {
      return true;
    }
  }
  return false;
}

bool promises_riches(const View& view) {
  return count_found(view.text, riches) >= 2 && count_found(view.text, sums) >= 1;
}

/// "jx7k2p9" and the like: letters and digits by turns.
bool is_random(const View& view) {
  if (view.from.size() != 1) {
    return false;
  }
  std::size_t turns = 0;
  char before = 0;
  for (const char c : view.from.front().local_part()) {
    const char kind = is_digit(c)                                                               ? '0'
                      : is_space(c) || c == '.' || c == '-' || c == '_' || c == '+' || c == '=' ? 0
                                                                                                : 'a';
    turns += kind != 0 && before != 0 && kind != before ? 1 : 0;
    before = kind;
  }
  return turns >= 3;
}

bool has_odd_id(const View& view) {
  const std::string id = view.message.message_id();
  const std::size_t at = id.rfind('@');
  return !id.empty() &&
         (at == std::string::npos || id.find('.', at) == std::string::npos || id.find(' ') != std::string::npos);
}

/// "via<!-- x -->gra"
bool comments_in_words(const View& view) {
  std::size_t found = 0;
  for (std::size_t at = view.html.find("<!"); at != std::string::npos; at = view.html.find("<!", at + 2)) {
    const std::size_t end = view.html.find('>', at);
    const auto is_letter = [&](std::size_t place) {
      return place < view.html.size() && view.html[place] >= 'a' && view.html[place] <= 'z';
    };
    found += at != 0 && end != std::string::npos && is_letter(at - 1) && is_letter(end + 1) ? 1 : 0;
  }
  return found >= 2;
}

std::size_t sums_named(const View& view) {
  std::size_t found = 0;
  for (std::size_t at = view.text.find('$'); at != std::string::npos; at = view.text.find('$', at + 1)) {
    found += at + 1 < view.text.size() && is_digit(view.text[at + 1]) ? 1 : 0;
  }
  return found;
}

const mailauth::MessageResults* known(const View& view) {
  return view.how.authentication;
}

Verdict dmarc_of(const View& view) {
  return known(view) == nullptr ? Verdict::none : known(view)->dmarc.verdict;
}

Verdict spf_of(const View& view) {
  return known(view) == nullptr || !known(view)->spf ? Verdict::neutral : known(view)->spf->verdict;
}

bool has_signature(const View& view, Verdict verdict) {
  return known(view) != nullptr && std::any_of(known(view)->dkim.begin(), known(view)->dkim.end(),
                                               [&](const auto& result) { return result.verdict == verdict; });
}

bool has_no_name(const View& view) {
  return known(view) != nullptr && known(view)->iprev &&
         (known(view)->iprev->verdict == Verdict::fail || known(view)->iprev->verdict == Verdict::permerror);
}

bool greets_oddly(const View& view) {
  const std::string& helo = view.how.helo;
  return !helo.empty() && !helo.starts_with('[') &&
         (helo.find('.') == std::string::npos || net::Address::try_ip(helo, 25).has_value());
}

struct Rule {
  const char* name;
  double score;
  const char* reason;
  bool (*holds)(const View& view);
};

constexpr Rule rules[] = {
    // The header.
    {"NO_DATE", 1.0, "there is no Date", [](const View& v) { return !v.has("Date"); }},
    {"DATE_FAR", 1.5, "the Date is more than a month ago, or to come", is_far_date},
    {"NO_MESSAGE_ID", 1.0, "there is no Message-ID", [](const View& v) { return !v.has("Message-ID"); }},
    {"NO_AUTHOR", 2.0, "From names nobody", [](const View& v) { return v.from.empty(); }},
    {"SEVERAL_AUTHORS", 0.7, "From names several people", [](const View& v) { return v.from.size() > 1; }},
    {"AUTHOR_SHOWS_OTHER", 2.0, "the author's name is another address", shows_another_address},
    {"AUTHOR_IS_READER", 1.0, "it is from and to the same address", is_to_himself},
    {"ANSWERS_ELSEWHERE", 1.5, "answers go to a free address elsewhere", wants_answers_elsewhere},
    {"NO_READER", 0.7, "To and Cc name nobody",
     [](const View& v) { return v.message.to().empty() && v.message.cc().empty(); }},
    {"SUBJECT_CAPITALS", 1.0, "the Subject is in capitals", is_shouting},
    {"SUBJECT_NOISE", 1.0, "the Subject shouts", is_noisy},
    {"SUBJECT_GAP", 1.5, "the Subject has a long gap", has_gap},
    {"NO_SUBJECT", 0.4, "there is no Subject", [](const View& v) { return trim(v.subject).empty(); }},
    {"ANSWERS_NOTHING", 0.8, "the Subject says Re: and it answers no message", answers_nothing},
    {"AUTHOR_RANDOM", 1.0, "the author's address looks made up", is_random},
    {"MESSAGE_ID_ODD", 1.2, "the Message-ID is of no host", has_odd_id},
    {"RAW_HEADER", 0.7, "Subject or From have octets above 127", has_raw_header},
    // What it says.
    {"ONLY_PICTURE", 1.5, "it is a picture without a text", is_only_picture},
    {"ONLY_HTML", 0.7, "it is HTML alone", [](const View& v) { return !v.html.empty() && !v.has_plain; }},
    {"NEEDLESS_BASE64", 1.0, "a plain text is hidden in base64", [](const View& v) { return v.needless_base64; }},
    {"TEXT_HIDDEN", 1.0, "HTML has text that is not shown", hides_text},
    {"WORDS_SPLIT", 2.0, "words are split by invisible characters", splits_words},
    {"RICHES", 3.0, "it promises a fortune", promises_riches},
    {"PROMISES", 1.0, "it speaks as advertising does",
     [](const View& v) { return count_found(v.text, promises) >= 2; }},
    {"MORE_PROMISES", 1.0, "it speaks much as advertising does",
     [](const View& v) { return count_found(v.text, promises) >= 4; }},
    {"LEAVE_BY_MAIL", 0.7, "it tells how to be left alone, and is of no list",
     [](const View& v) {
       return count_found(v.text, leaving) != 0 && !v.has("List-Unsubscribe") && !v.has("List-Id");
     }},
    {"CAPITALS", 1.0, "much of it is in capitals",
     [](const View& v) { return v.words >= 20 && v.capital_words * 4 >= v.words; }},
    {"EXCLAIMS", 0.7, "it exclaims a lot",
     [](const View& v) { return std::count(v.text.begin(), v.text.end(), '!') >= 8; }},
    {"SUMS", 0.7, "it names many sums of money", [](const View& v) { return sums_named(v) >= 4; }},
    {"SALUTE", 0.8, "it speaks to nobody in particular",
     [](const View& v) { return count_found(std::string_view(v.text).substr(0, 500), salutes) != 0; }},
    {"FISHING", 2.0, "it asks for a log-in or its like",
     [](const View& v) { return count_found(v.text, fishing) != 0 && !v.links.empty(); }},
    {"CHINESE_OFFER", 2.0, "it offers what unwanted Chinese mail offers",
     [](const View& v) { return count_found(v.text + v.subject, chinese) >= 2; }},
    {"COMMENTS_IN_WORDS", 2.5, "words are split by comments of HTML", comments_in_words},
    {"HTML_FORM", 1.5, "HTML has a form or a script",
     [](const View& v) {
       return v.html.find("<form") != std::string::npos || v.html.find("<script") != std::string::npos;
     }},
    {"PICTURE_LINKED", 1.0, "HTML is a linked picture with little text",
     [](const View& v) {
       return v.html.find("<img") != std::string::npos && !v.links.empty() && trim(v.text).size() < 200;
     }},
    // Where it leads.
    {"LINK_ELSEWHERE", 2.5, "a link leads to another host than its words say", leads_elsewhere},
    {"LINK_ADDRESS", 2.0, "a link has an IP address instead of a name",
     [](const View& v) {
       return any_link(v, [](const std::string& host) { return net::Address::try_ip(host, 80).has_value(); });
     }},
    {"LINK_SHORTENED", 0.8, "a link does not say where it leads",
     [](const View& v) { return any_link(v, [](const std::string& host) { return among(host, shorteners); }); }},
    {"LINK_FOREIGN_LETTERS", 0.7, "the host of a link is written in other letters",
     [](const View& v) {
       return any_link(v, [](const std::string& host) { return host.find("xn--") != std::string::npos; });
     }},
    // Files.
    {"FILE_PROGRAM", 3.0, "a file is a program", [](const View& v) { return any_file(v, is_program); }},
    {"FILE_TWO_ENDINGS", 2.5, "a program is called like a document",
     [](const View& v) { return any_file(v, wears_two_endings); }},
    {"FILE_TURNED", 3.0, "the name of a file is written backwards",
     [](const View& v) { return any_file(v, is_turned); }},
    // How it came.
    {"DMARC_FAILS", 3.0, "it is not from its author's domain, which asks for more than to be told",
     [](const View& v) {
       return dmarc_of(v) == Verdict::fail && known(v)->dmarc.policy != mailauth::DmarcPolicy::none;
     }},
    {"DMARC_FAILS_NONE", 1.0, "it is not from its author's domain",
     [](const View& v) {
       return dmarc_of(v) == Verdict::fail && known(v)->dmarc.policy == mailauth::DmarcPolicy::none;
     }},
    {"SPF_FAILS", 1.5, "the sender's domain does not send by this host",
     [](const View& v) { return spf_of(v) == Verdict::fail; }},
    {"SPF_SOFT", 0.7, "the sender's domain does not seem to send by this host",
     [](const View& v) { return spf_of(v) == Verdict::softfail; }},
    {"SPF_NONE", 0.4, "the sender's domain does not say by which hosts it sends",
     [](const View& v) { return spf_of(v) == Verdict::none; }},
    {"HOST_WITHOUT_NAME", 1.2, "the host it came from has no name that leads back", has_no_name},
    {"HELO_ODD", 1.0, "the host it came from does not say its name", greets_oddly},
    {"HELO_OURS", 3.0, "the host it came from says our name",
     [](const View& v) { return !v.how.hostname.empty() && iequals(v.how.helo, v.how.hostname); }},
    // What speaks for it.
    {"AUTHENTIC", -1.5, "it is from its author's domain", [](const View& v) { return dmarc_of(v) == Verdict::pass; }},
    {"SIGNED", -0.3, "a signature holds", [](const View& v) { return has_signature(v, Verdict::pass); }},
    {"ANSWER_TO_US", -1.5, "it answers a message of this house",
     [](const View& v) {
       return !v.how.hostname.empty() &&
              v.message.header("In-Reply-To").find("@" + v.how.hostname + ">") != std::string::npos;
     }},
};

}  // namespace

std::vector<Sign> signs_of(const mime::Message& message, const Circumstances& how) {
  const View view(message, how);
  std::vector<Sign> found;
  for (const Rule& rule : rules) {
    if (rule.holds(view)) {
      found.push_back({rule.name, rule.score, rule.reason});
    }
  }
  return found;
}

const std::vector<Sign>& all_signs() {
  static const std::vector<Sign> all = [] {
    std::vector<Sign> table;
    for (const Rule& rule : rules) {
      table.push_back({rule.name, rule.score, rule.reason});
    }
    return table;
  }();
  return all;
}

}  // namespace posthouse::judge
