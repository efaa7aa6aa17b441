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
  BoundClaim(const Graph& graph, const IdVector<BufferId, Bytes>& size, const Plan& plan,
             const Walk& walk, Findings& findings)
      : graph_(graph), size_(size), plan_(plan), walk_(walk), findings_(findings) {}

  void check() {
    if (plan_.bound) check_bound(*plan_.bound);
    check_status();
  }

 private:
  void unproved(std::string message) {
    findings_.add(Violation::bound_unproved, std::move(message));
  }

  void check_bound(const PlanBound& bound) {
    if (!plan_.budget) return unproved("bound: the plan has no budget it could be a bound for");
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
    if (certificate.budget != *plan_.budget) {
      return unproved(
          fmt::format("bound: the certificate is for a budget of {} bytes, the plan has {}",
                      certificate.budget, *plan_.budget));
    }
    if (too_large(certificate.spec)) return unproved("bound: the certificate has too many moments");
    const auto proved = verify(graph_, size_, certificate);
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
    const Wide items = Wide{graph_.node_count()} + graph_.buffer_count();
    return items * 2 * spec.moments.size() + Wide{graph_.buffer_count()} * spec.instants.size() >
           kMostVariables;
  }

  // The first execution that is not of the scope, in words; empty: all are.
  [[nodiscard]] std::string outside_scope(Scope scope) const {
    if (scope == Scope::any_order) return {};
    std::size_t next = 0;        // first executions so far, in the given order
    std::size_t last_again = 0;  // behind the last recomputation of this gap
    for (const NodeId n : executions(plan_)) {
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
    return index(n) < graph_.node_count() ? printable(graph_.name(n)) : "a node beyond the graph";
  }

  [[nodiscard]] PlanStatus status() const {
    if (!plan_.budget) return PlanStatus::no_budget;
    if (walk_.peak > *plan_.budget) return PlanStatus::over_budget;
    if (plan_.bound && walk_.extra_time == plan_.bound->extra_time) return PlanStatus::optimal;
    const bool interrupted = plan_.search && plan_.search->reason == StopReason::interrupted;
    return interrupted ? PlanStatus::interrupted : PlanStatus::feasible;
  }

  void check_status() {
    const PlanStatus derived = status();
    if (plan_.status == derived) return;
    const bool claims_fit =
        plan_.status != PlanStatus::over_budget && plan_.status != PlanStatus::no_budget;
    if (claims_fit && derived == PlanStatus::over_budget) {
      findings_.add(Violation::peak_over_budget,
                    fmt::format("the peak of {} bytes exceeds the budget of {} bytes", walk_.peak,
                                *plan_.budget));
      return;
    }
    findings_.add(Violation::claim_false,
                  fmt::format("the plan claims status {}; budget, peak and bound give {}",
                              name(plan_.status), name(derived)));
  }

  const Graph& graph_;
  const IdVector<BufferId, Bytes>& size_;
  const Plan& plan_;
  const Walk& walk_;
  Findings& findings_;
};

}  // namespace

void check_bound(const Graph& graph, const IdVector<BufferId, Bytes>& size, const Plan& plan,
                 const Walk& walk, Findings& findings) {
  BoundClaim(graph, size, plan, walk, findings).check();
}

}  // namespace hcb
