using WhatsApp.Protocol.Schema;

namespace WhatsApp.Protocol.Messaging.Composers;

/// <summary>A poll: <c>pollCreationMessageV3</c> for one choice, <c>pollCreationMessage</c> for several. Its secret is what votes are sealed under.</summary>
internal static class PollComposer
{
    public static Message Compose(OutgoingPoll poll)
    {
        var creation = new Message.Types.PollCreationMessage { Name = poll.Name, SelectableOptionsCount = (uint)poll.Selectable };
        creation.Options.AddRange(poll.Options.Select(option => new Message.Types.PollCreationMessage.Types.Option { OptionName = option }));
        return poll.Selectable == 1 ? new Message { PollCreationMessageV3 = creation } : new Message { PollCreationMessage = creation };
    }
}
