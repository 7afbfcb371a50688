// Package centre simulates a card production centre: it speaks
// deploy/contracts/centre.md and knows nothing of the hub but that page. It
// stands at the far end of step 8.
//
// It opens each packet with the site's own key, makes the machine-readable
// zone of the card from it, and refuses what it cannot make. Cards take their
// time on one machine, day and night, some are spoilt, all by chance from a
// seed and the job's id: the same seed and the same jobs give the same serials
// in the order of arrival. State is in memory and ends with the program. Of a
// packet the fields of the zone are kept until the card exists, then a digest.
package centre
