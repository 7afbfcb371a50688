package consular

// Channel is where something was said or agreed.
type Channel uint8

// The channel numbers, append-only.
const (
	ChannelDesk       Channel = 1 // at the counter of a post
	ChannelPortal     Channel = 2 // online
	ChannelMobile     Channel = 3 // at a mobile mission
	ChannelCallCenter Channel = 4 // by telephone
)

var channelTerms = terms[Channel]{
	field: "channel",
	texts: []string{
		"",
		"desk",
		"portal",
		"mobile",
		"call-center",
	},
}

// ParseChannel reads the text of a channel, in any letter case.
func ParseChannel(s string) (Channel, error) { return channelTerms.parse(s) }

// Channels lists all of them in the order of their numbers.
func Channels() []Channel { return channelTerms.members() }

// String gives the text as it stands in configuration and JSON.
func (c Channel) String() string { return channelTerms.text(c) }

// Validate refuses zero and numbers that this program does not know.
func (c Channel) Validate() error {
	return broken(opValidate, channelTerms.field, channelTerms.rule(c))
}

// MarshalText gives the text; zero gives the empty text.
func (c Channel) MarshalText() ([]byte, error) { return channelTerms.marshal(c) }

// UnmarshalText reads the text; the empty text gives zero.
func (c *Channel) UnmarshalText(b []byte) error { return channelTerms.unmarshal(b, c) }
