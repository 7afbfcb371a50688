// Package sms simulates a carrier of short messages: it speaks
// deploy/contracts/sms.md and knows nothing of the hub but that page. It stands
// at the far end of step 8.
//
// A message is sent and delivered after simulated times; numbers that end in
// 000 do not exist, numbers that end in 999 are never reached. What arrived is
// shown at /admin/inbox, which stands for the telephones. State is in memory
// and ends with the program. It is for tests, demonstrations and training only.
package sms
