// Package charge is the part of step 8 that asks citizens for the fee of a
// request and gives back what was paid twice or too late: it carries out
// workflow.OrderCharge and workflow.OrderSettle through the connector of
// package stamp.
//
// Guarantees: a payment has an id made from the case, so that a repeat makes no
// second one; a request is paid when the service says so in answer to our own
// question, for exactly the amount of the schedule on the day it was filed. The
// citizen's return and the service's notice are hints to ask now instead of in
// a while: late, doubled, missing or forged, they change nothing else.
package charge
