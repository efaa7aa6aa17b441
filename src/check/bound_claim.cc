// The certificate is verified against the graph, and what it proves is compared with what the plan
// says: scope, budget, nanoseconds and moment must all be the certificate's own. A bound for a
// narrower scope than any order speaks about the plan only if the plan is of that scope.
#include "check/bound_claim.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "check/certificate.h"
#include "plan/fingerprint.h"

namespace hcb {
namespace {

// Variables a certificate may speak about (moments times nodes and buffers): about 1 GB to verify.
constexpr Wide kMostVariables = 20'000'000;

class BoundClaim {
 public:
  explicit BoundClaim(const Checked& on) : on_(on) {}

  void check() {
    if (on_.plan.bound) check_bound(*on_.plan.bound);
    check_status();
  }

 private:
  void unproved(std::string message) {
    on_.findings.add(Violation::bound_unproved, std::move(message));
  }

  void check_bound(const PlanBound& bound) {
    if (!on_.plan.budget) return unproved("bound: the plan has no budget it could be a bound for");
    if (bound.certificate.empty()) return check_without_certificate(bound);
    const std::string hash = text_hash(bound.certificate);
    if (hash != bound.certificate_hash) {
      unproved(fmt::format("bound.certificate_hash is '{}', that of the certificate is {}",
                           printable(bound.certificate_hash), hash));
    }
    const auto certificate = certificate_from_json(bound.certificate);
    if (!certificate) return unproved("bound: " + printable(certificate.error().message));
    check_certificate(bound, *certificate);
  }

  // Extra time is never negative: that alone needs no proof.
  void check_without_certificate(const PlanBound& bound) {
    if (!bound.certificate_hash.empty()) {
      return unproved(
          fmt::format("bound: its certificate {} is missing", printable(bound.certificate_hash)));
    }
    if (bound.extra_time == 0) return;
    unproved(fmt::format("bound.extra_time_ns is {} without a certificate: an estimate, no bound",
                         bound.extra_time));
  }

  void check_certificate(const PlanBound& bound, const Certificate& certificate) {
    if (certificate.budget != *on_.plan.budget) {
      return unproved(
          fmt::format("bound: the certificate is for a budget of {} bytes, the plan has {}",
                      certificate.budget, *on_.plan.budget));
    }
    if (too_large(certificate.spec)) return unproved("bound: the certificate has too many moments");
    const auto proved = verify(on_.graph, on_.size, certificate);
    if (!proved) return unproved("bound: " + printable(proved.error().message));
    if (proved->infeasible) {
      return unproved("bound: the certificate says that no schedule fits; the plan has one");
    }
    compare(bound, certificate.spec, *proved);
  }

  void compare(const PlanBound& bound, const MomentSpec& spec, const CertifiedBound& proved) {
    if (bound.scope != proved.scope) {
      unproved(fmt::format("bound.scope is {}, the certificate is for {}", name(bound.scope),
                           name(proved.scope)));
    }
    if (bound.extra_time != proved.extra_time) {
      unproved(fmt::format("bound.extra_time_ns is {}, the certificate proves {}", bound.extra_time,
                           proved.extra_time));
    }
    if (std::ranges::find(spec.moments, bound.moment) == spec.moments.end()) {
      unproved("bound.moment is no moment of the certificate");
    }
    const std::string outside = outside_scope(bound.scope);
    if (!outside.empty()) {
      unproved(fmt::format("bound.scope is {}, but {}", name(bound.scope), outside));
    }
  }

  [[nodiscard]] bool too_large(const MomentSpec& spec) const {
    const Wide items = Wide{on_.graph.node_count()} + on_.graph.buffer_count();
    return items * 2 * spec.moments.size() + Wide{on_.graph.buffer_count()} * spec.instants.size() >
           kMostVariables;
  }

  // The first execution that is not of the scope, in words; empty: all are.
  [[nodiscard]] std::string outside_scope(Scope scope) const {
    if (scope == Scope::any_order) return {};
    std::size_t next = 0;        // first executions so far, in the given order
    std::size_t last_again = 0;  // behind the last recomputation of this gap
    for (const NodeId n : executions(on_.plan)) {
      const bool first = index(n) >= next;
      if (index(n) > next) {
        return fmt::format("{} runs before {}", shown(n), shown(id_at<NodeId>(next)));
      }
      if (!first && scope == Scope::given_order_plain_gaps && index(n) < last_again) {
        return fmt::format("{} runs again out of order", shown(n));
      }
      last_again = first ? 0 : index(n) + 1;
      next += first ? 1 : 0;
    }
    return {};
  }

  [[nodiscard]] std::string shown(NodeId n) const {
    return index(n) < on_.graph.node_count() ? printable(on_.graph.name(n))
                                             : "a node beyond the graph";
  }

  [[nodiscard]] PlanStatus status() const {
    if (!on_.plan.budget) return PlanStatus::no_budget;
    if (on_.walk.peak > *on_.plan.budget) return PlanStatus::over_budget;
    if (on_.plan.bound && on_.walk.extra_time == on_.plan.bound->extra_time)
      return PlanStatus::optimal;
    const bool interrupted = on_.plan.search && on_.plan.search->reason == StopReason::interrupted;
    return interrupted ? PlanStatus::interrupted : PlanStatus::feasible;
  }

  void check_status() {
    const PlanStatus derived = status();
    if (on_.plan.status == derived) return;
    const bool claims_fit =
        on_.plan.status != PlanStatus::over_budget && on_.plan.status != PlanStatus::no_budget;
    if (claims_fit && derived == PlanStatus::over_budget) {
      on_.findings.add(Violation::peak_over_budget,
                       fmt::format("the peak of {} bytes exceeds the budget of {} bytes",
                                   on_.walk.peak, *on_.plan.budget));
      return;
    }
    on_.findings.add(Violation::claim_false,
                     fmt::format("the plan claims status {}; budget, peak and bound give {}",
                                 name(on_.plan.status), name(derived)));
  }

  const Checked& on_;
};

}  // namespace

void check_bound(const Checked& on) { BoundClaim(on).check(); }

}  // namespace hcb
