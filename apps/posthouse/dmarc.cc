// posthouse dmarc report: who sends in my name, from the reports that receivers of mail send.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "apps/posthouse/commands.h"
#include "apps/posthouse/json_text.h"
#include "apps/posthouse/show_input.h"
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include "posthouse/base/error.h"
#include "posthouse/base/text.h"
#include "posthouse/mailauth/reports/aggregate_report.h"
#include "posthouse/mailauth/reports/senders.h"
#include "posthouse/mime/mime.h"

namespace posthouse::app {
namespace {

namespace json = boost::json;

struct DmarcOptions {
  std::vector<std::string> files;
  bool json = false;
};

/// What the files came to.
struct Summary {
  mailauth::SenderTable table;
  json::array reports;
  std::size_t count = 0;
  std::size_t repeated = 0;
  std::vector<std::string> problems;
};

json::array json_of_names(const std::set<std::string>& names) {
  json::array array;
  for (const std::string& name : names) {
    array.emplace_back(text_value(name));
  }
  return array;
}

json::object json_of(const mailauth::AggregateReport& report, const std::string& file) {
  return {{"file", text_value(file)},
          {"reporter", text_value(report.org_name)},
          {"email", text_value(report.email)},
          {"report_id", text_value(report.report_id)},
          {"begin", report.begin.time_since_epoch().count()},
          {"end", report.end.time_since_epoch().count()},
          {"domain", text_value(report.policy.domain)},
          {"policy", text_value(report.policy.p)},
          {"subdomain_policy", text_value(report.policy.sp)},
          {"records", report.records.size()}};
}

json::object json_of(const mailauth::Sender& sender) {
  return {{"domain", text_value(sender.domain)},
          {"source_ip", text_value(sender.source_ip)},
          {"messages", sender.messages},
          {"passed", sender.passed},
          {"dkim_passed", sender.dkim_passed},
          {"spf_passed", sender.spf_passed},
          {"quarantined", sender.quarantined},
          {"rejected", sender.rejected},
          {"authenticated", json_of_names(sender.authenticated)},
          {"reporters", json_of_names(sender.reporters)}};
}

/// A report as a file: XML, gzip or zip. All else is a message that carries one.
bool is_report_file(std::string_view octets) {
  if (octets.starts_with("\xEF\xBB\xBF")) {
    octets.remove_prefix(3);
  }
  return mailauth::is_gzip(octets) || mailauth::is_zip(octets) || trim(octets.substr(0, 1'000)).starts_with('<');
}

void take(Summary& summary, const std::string& name, std::string_view octets) {
  try {
    const std::vector<mailauth::AggregateReport> reports =
        is_report_file(octets) ? mailauth::read_aggregate_reports(octets)
                               : mailauth::read_aggregate_reports(mime::Message::view(octets));
    for (const mailauth::AggregateReport& report : reports) {
      if (summary.table.add(report)) {
        ++summary.count;
        summary.reports.push_back(json_of(report, name));
      } else {
        ++summary.repeated;
      }
    }
  } catch (const Error& error) {
    summary.problems.push_back(fmt::format("{}: {}", name, error.what()));
  }
}

std::string joined(const std::set<std::string>& names) {
  return names.empty() ? "-" : fmt::format("{}", fmt::join(names, ","));
}

void print_table(const Summary& summary) {
  const std::vector<mailauth::Sender> senders = summary.table.senders();
  std::size_t wide = 10;
  for (const mailauth::Sender& sender : senders) {
    wide = std::max(wide, std::min<std::size_t>(sender.source_ip.size(), 40));
  }
  std::string domain = "\n";  // of no sender
  for (const mailauth::Sender& sender : senders) {
    if (sender.domain != domain) {
      fmt::print("{}{}\n  {:<{}}  {:>9} {:>9} {:>9} {:>9} {:>9}  {}\n", domain == "\n" ? "" : "\n",
                 mime::terminal_line(sender.domain.empty() ? "all others" : sender.domain), "address", wide, "messages",
                 "passed", "dkim", "spf", "refused", "authenticated as");
      domain = sender.domain;
    }
    fmt::print("  {:<{}}  {:>9} {:>9} {:>9} {:>9} {:>9}  {}\n",
               mime::terminal_line(sender.source_ip.empty() ? "(all others)" : sender.source_ip), wide, sender.messages,
               sender.passed, sender.dkim_passed, sender.spf_passed, sender.quarantined + sender.rejected,
               mime::terminal_line(joined(sender.authenticated)));
  }
  fmt::print("{}{}{}\n", senders.empty() ? "" : "\n",
             summary.count == 1 ? "1 report" : fmt::format("{} reports", summary.count),
             summary.repeated == 0 ? "" : fmt::format(", and {} that came twice", summary.repeated));
}

void print_json(const Summary& summary) {
  json::array senders;
  for (const mailauth::Sender& sender : summary.table.senders()) {
    senders.push_back(json_of(sender));
  }
  json::array problems;
  for (const std::string& problem : summary.problems) {
    problems.emplace_back(text_value(problem));
  }
  fmt::print("{}\n", json::serialize(json::object{{"reports", summary.reports},
                                                  {"repeated", summary.repeated},
                                                  {"senders", std::move(senders)},
                                                  {"problems", std::move(problems)}}));
}

void report(const DmarcOptions& options) {
  Summary summary;
  for (const std::string& file : options.files) {
    try {
      for_each_message(file, false, 0,
                       [&](const std::string& name, std::string_view octets) { take(summary, name, octets); });
    } catch (const Error& error) {
      summary.problems.emplace_back(error.what());
    }
  }
  options.json ? print_json(summary) : print_table(summary);
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

void add_dmarc_command(CLI::App& app) {
  auto options = std::make_shared<DmarcOptions>();
  CLI::App* const command = app.add_subcommand("dmarc", "What receivers of mail report about mail in my name");
  command->require_subcommand(1);
  command->footer("Try:  posthouse dmarc report ~/Maildir/.DMARC");
  CLI::App* const reporting = command->add_subcommand("report", "Sum up who sends in my name, from aggregate reports");
  reporting
      ->add_option(
          "FILE", options->files,
          "Reports (.xml, .gz, .zip), messages that carry them, mbox files, Maildir folders; - is standard input")
      ->required();
  reporting->add_flag("--json", options->json, "Print one JSON object");
  reporting->footer("Exit status: 0 all were read, 1 one could not be read, 2 used wrongly.");
  reporting->callback([options] { report(*options); });
}

}  // namespace posthouse::app
