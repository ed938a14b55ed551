#include "posthouse/mailauth/dmarc/organization.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <vector>

#include <fmt/format.h>
#include <libpsl.h>

#include "posthouse/base/text.h"
#include "posthouse/mailauth/dns/lookup.h"

namespace posthouse::mailauth {
namespace {

std::string_view parent_of(std::string_view domain) {
  const std::size_t dot = domain.find('.');
  return dot == std::string_view::npos ? std::string_view() : domain.substr(dot + 1);
}

/// What is asked for after the domain that a walk begins at: its parent, or its last seven labels.
std::string_view second_stop(std::string_view domain) {
  std::string_view name = parent_of(domain);
  while (std::count(name.begin(), name.end(), '.') >= 7) {
    name = parent_of(name);
  }
  return name;
}

/// `domain` cut to one label more than `parent`, one of its endings, has.
std::string one_below(std::string_view domain, std::string_view parent) {
  const std::size_t end = domain.size() - parent.size() - 1;  // the dot between them
  const std::size_t dot = domain.substr(0, end).rfind('.');
  return std::string(domain.substr(dot == std::string_view::npos ? 0 : dot + 1));
}

}  // namespace

const DmarcRecords::Entry& DmarcRecords::at(const std::string& domain) {
  const auto [place, fresh] = entries_.try_emplace(domain);
  Entry& entry = place->second;
  if (!fresh) {
    return entry;
  }
  const std::string name = "_dmarc." + domain;
  const Lookup lookup = look_up_texts(resolver_, name, deadline_);
  std::vector<std::string> texts;
  std::copy_if(lookup.records.begin(), lookup.records.end(), std::back_inserter(texts), is_dmarc_record);
  entry.failed = lookup.failed();
  if (texts.empty()) {
    steps_.push_back(lookup.why.empty() ? name + " has no DMARC record" : lookup.why);
    return entry;
  }
  if (texts.size() > 1) {
    steps_.push_back(fmt::format("{} has {} DMARC records, which count as none", name, texts.size()));
    return entry;
  }
  std::string why;
  entry.record = DmarcRecord::parse(texts.front(), &why);
  if (!entry.record) {
    steps_.push_back(fmt::format("the record at {} cannot be read: {}", name, why));
    return entry;
  }
  steps_.push_back(fmt::format("{}: {}", name, printable(texts.front(), 500)));
  for (const std::string& problem : entry.record->problems) {
    steps_.push_back("  " + problem);
  }
  return entry;
}

// Of the records that are found the one with the fewest labels counts, unless psd= says otherwise on the way.
Organization walk_tree(DmarcRecords& records, const std::string& domain) {
  Organization organization{domain, {}, false};
  for (std::string at = domain; !at.empty();) {
    const DmarcRecords::Entry& entry = records.at(at);
    organization.failed = organization.failed || entry.failed;
    if (entry.record) {
      const DmarcRecord::Psd psd = entry.record->psd;
      if (psd == DmarcRecord::Psd::yes && at != domain) {
        organization.domain = one_below(domain, at);
        organization.public_suffix = at;
        break;
      }
      organization.domain = at;
      if (psd != DmarcRecord::Psd::unknown) {
        break;
      }
    }
    at = std::string(at == domain ? second_stop(at) : parent_of(at));
  }
  return organization;
}

Organization registrable_domain(const std::string& domain) {
  // Loaded once: what is newer, the system's list or the one built into the library.
  static const std::unique_ptr<psl_ctx_t, decltype(&psl_free)> list(psl_latest(nullptr), &psl_free);
  const char* found = list ? psl_registrable_domain(list.get(), domain.c_str()) : nullptr;
  return {found != nullptr ? std::string(found) : domain, {}, false};
}

Organization organization_of(OrganizationMethod method, DmarcRecords& records, const std::string& domain) {
  return method == OrganizationMethod::tree_walk ? walk_tree(records, domain) : registrable_domain(domain);
}

}  // namespace posthouse::mailauth
