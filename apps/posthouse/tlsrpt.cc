// posthouse tlsrpt: how other servers fare with the TLS of my hosts, from the reports they send.
#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "apps/posthouse/commands.h"
#include "apps/posthouse/json_text.h"
#include "apps/posthouse/show_input.h"
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include "posthouse/base/error.h"
#include "posthouse/mailauth/reports/tls_report.h"
#include "posthouse/mime/mime.h"

namespace posthouse::app {
namespace {

namespace json = boost::json;

constexpr std::size_t most_rows = 10'000;

struct TlsrptOptions {
  std::vector<std::string> files;
  bool json = false;
};

struct Sessions {
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;
};

/// What the files came to.
struct TlsSummary {
  std::map<std::tuple<std::string, std::string, std::string>, Sessions> sessions;  ///< By domain, policy and reporter.
  /// By domain, kind of failure and MX host: how many, and who says so.
  std::map<std::tuple<std::string, std::string, std::string>, std::pair<std::uint64_t, std::set<std::string>>> failures;
  std::set<std::pair<std::string, std::string>> reports;
  std::size_t repeated = 0;
  std::vector<std::string> problems;
};

/// A report that comes twice (its reporter and id are the same) counts once; of more rows than fit, the rest is left out.
void add_report(TlsSummary& summary, const mailauth::TlsReport& report) {
  if (!summary.reports.emplace(report.organization, report.report_id).second) {
    ++summary.repeated;
    return;
  }
  for (const mailauth::TlsPolicyResult& policy : report.policies) {
    if (summary.sessions.size() + summary.failures.size() > most_rows) {
      summary.problems.push_back("there are too many domains and failures: the rest is left out");
      return;
    }
    Sessions& sessions = summary.sessions[{policy.domain, policy.type, report.organization}];
    sessions.succeeded += policy.succeeded;
    sessions.failed += policy.failed;
    for (const mailauth::TlsFailure& failure : policy.failures) {
      auto& [count, reporters] = summary.failures[{policy.domain, failure.type, failure.mx}];
      count += failure.sessions;
      if (reporters.size() < 10) {
        reporters.insert(report.organization);
      }
    }
  }
}

void take_tls_reports(TlsSummary& summary, const std::string& name, std::string_view octets) {
  try {
    for (const mailauth::TlsReport& report : mailauth::is_tls_report_file(octets)
                                                 ? mailauth::read_tls_reports(octets)
                                                 : mailauth::read_tls_reports(mime::Message::view(octets))) {
      add_report(summary, report);
    }
  } catch (const Error& error) {
    summary.problems.push_back(fmt::format("{}: {}", name, error.what()));
  }
}

void print_tls_table(const TlsSummary& summary) {
  std::string last = "\n";  // of no domain
  for (const auto& [key, sessions] : summary.sessions) {
    const auto& [domain, policy, reporter] = key;
    if (domain != last) {
      fmt::print("{}{}\n  {:<16}  {:>9} {:>9}  {}\n", last == "\n" ? "" : "\n", mime::terminal_line(domain), "policy",
                 "good", "failed", "reported by");
      last = domain;
    }
    fmt::print("  {:<16}  {:>9} {:>9}  {}\n", mime::terminal_line(policy), sessions.succeeded, sessions.failed,
               mime::terminal_line(reporter));
  }
  if (!summary.failures.empty()) {
    fmt::print("\nfailures\n  {:<26}  {:>9}  {}\n", "what", "sessions", "host, of domain, reported by");
  }
  for (const auto& [key, said] : summary.failures) {
    const auto& [domain, type, mx] = key;
    fmt::print("  {:<26}  {:>9}  {} of {}, {}\n", mime::terminal_line(type), said.first,
               mime::terminal_line(mx.empty() ? "-" : mx), mime::terminal_line(domain),
               mime::terminal_line(fmt::format("{}", fmt::join(said.second, ", "))));
  }
  fmt::print("{}{}{}\n", summary.sessions.empty() ? "" : "\n",
             summary.reports.size() == 1 ? "1 report" : fmt::format("{} reports", summary.reports.size()),
             summary.repeated == 0 ? "" : fmt::format(", and {} that came twice", summary.repeated));
}

void print_tls_json(const TlsSummary& summary) {
  json::array sessions;
  for (const auto& [key, count] : summary.sessions) {
    const auto& [domain, policy, reporter] = key;
    sessions.push_back(json::object{{"domain", text_value(domain)},
                                    {"policy", text_value(policy)},
                                    {"reporter", text_value(reporter)},
                                    {"succeeded", count.succeeded},
                                    {"failed", count.failed}});
  }
  json::array failures;
  for (const auto& [key, said] : summary.failures) {
    const auto& [domain, type, mx] = key;
    json::array reporters;
    for (const std::string& reporter : said.second) {
      reporters.emplace_back(text_value(reporter));
    }
    failures.push_back(json::object{{"domain", text_value(domain)},
                                    {"type", text_value(type)},
                                    {"mx", text_value(mx)},
                                    {"sessions", said.first},
                                    {"reporters", std::move(reporters)}});
  }
  json::array problems;
  for (const std::string& problem : summary.problems) {
    problems.emplace_back(text_value(problem));
  }
  fmt::print("{}\n", json::serialize(json::object{{"reports", summary.reports.size()},
                                                  {"repeated", summary.repeated},
                                                  {"sessions", std::move(sessions)},
                                                  {"failures", std::move(failures)},
                                                  {"problems", std::move(problems)}}));
}

void show_tls_reports(const TlsrptOptions& options) {
  TlsSummary summary;
  for (const std::string& file : options.files) {
    try {
      for_each_message(file, false, 0, [&](const std::string& name, std::string_view octets) {
        take_tls_reports(summary, name, octets);
      });
    } catch (const Error& error) {
      summary.problems.emplace_back(error.what());
    }
  }
  options.json ? print_tls_json(summary) : print_tls_table(summary);
  if (std::fflush(stdout) != 0) {
    throw Error("cannot write the output");
  }
  for (const std::string& problem : summary.problems) {
    std::fprintf(stderr, "posthouse: %s\n", mime::terminal_line(problem).c_str());
  }
  if (!summary.problems.empty()) {
    throw ExitStatus{1};
  }
}

}  // namespace

void add_tlsrpt_command(CLI::App& app) {
  auto options = std::make_shared<TlsrptOptions>();
  CLI::App* const command = app.add_subcommand("tlsrpt", "What other servers report about TLS with my hosts");
  command
      ->add_option("FILE", options->files,
                   "Reports (.json, .gz), messages that carry them, mbox files, Maildir folders; - is standard input")
      ->required();
  command->add_flag("--json", options->json, "Print one JSON object");
  command->footer(
      "Exit status: 0 all were read, 1 one could not be read, 2 used wrongly.\nTry:  posthouse tlsrpt ~/Maildir/.TLS");
  command->callback([options] { show_tls_reports(*options); });
}

}  // namespace posthouse::app
