using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Messaging.AddOns;
using WhatsApp.Protocol.Schema;

namespace WhatsApp.Protocol.Tests.AddOns;

public sealed class AddOnTests
{
    private static readonly byte[] Secret = RandomNumberGenerator.GetBytes(32);
    private static readonly Jid Group = Jid.Parse("120363000000000000@g.us");
    private static readonly BothAddresses Asker = new(Jid.Parse("111222333444555@lid"), Jid.Parse("15550001111@s.whatsapp.net"));
    private static readonly BothAddresses Voter = new(Jid.Parse("999888777666555@lid"), Jid.Parse("15550002222@s.whatsapp.net"));
    private static readonly MessageKey Key = new() { RemoteJid = Group.ToString(), Id = "3EB0AA", Participant = Asker.Lid.ToString() };
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_123);

    public static TheoryData<string> Edits => ["Event Edit", "Message Edit", "Poll Edit", "Poll Add Option"];

    [Theory, InlineData(true), InlineData(false)]
    public void A_vote_opens_whichever_address_form_its_sender_used(bool lid)
    {
        var used = lid ? new AddOnParties("3EB0AA", Asker.Lid!.Value, Voter.Lid!.Value) : new AddOnParties("3EB0AA", Asker.Phone!.Value, Voter.Phone!.Value);
        var sent = AddOnComposer.Vote(Key, used, Secret, ["Tacos 🌮", "Pizza"], Now);

        var received = SealedAddOn.Of(Message.Parser.ParseFrom(sent.ToByteArray()))!;
        var candidates = AddOnAuthors.Candidates("3EB0AA", Asker.Phone!.Value, Asker, Voter.Phone!.Value, Voter);
        var vote = Assert.IsType<PollVoteContent>(received.Open(Secret, candidates));

        Assert.Equal(["Pizza", "Tacos 🌮"], PollOptions.Chosen(["Pizza", "Sushi", "Tacos 🌮"], vote.OptionHashes));
        Assert.Equal(1_700_000_000_123, sent.PollUpdateMessage.SenderTimestampMs);
        Assert.Equal("3EB0AA", received.Target.Id);
    }

    [Fact]
    public void A_vote_without_options_takes_the_vote_back()
    {
        var parties = new AddOnParties("3EB0AA", Asker.Lid!.Value, Voter.Lid!.Value);
        var received = SealedAddOn.Of(AddOnComposer.Vote(Key, parties, Secret, [], Now))!;

        Assert.Empty(Assert.IsType<PollVoteContent>(received.Open(Secret, [parties])).OptionHashes);
    }

    [Fact]
    public void A_strangers_vote_does_not_open()
    {
        var stranger = new AddOnParties("3EB0AA", Asker.Lid!.Value, Jid.Parse("1@lid"));
        var received = SealedAddOn.Of(AddOnComposer.Vote(Key, stranger, Secret, ["Pizza"], Now))!;

        Assert.Null(received.Open(Secret, AddOnAuthors.Candidates("3EB0AA", Asker.Lid!.Value, Asker, Voter.Lid!.Value, Voter)));
        Assert.Null(received.Open(RandomNumberGenerator.GetBytes(32), [stranger]));
        Assert.Null(received.Open([], [stranger]));
    }

    [Fact]
    public void Reactions_comments_and_event_responses_come_back_as_sent()
    {
        var parties = new AddOnParties("3EB0AA", Asker.Lid!.Value, Voter.Lid!.Value);
        var reaction = SealedAddOn.Of(AddOnComposer.Reaction(Key, parties, Secret, "👍", Now))!.Open(Secret, [parties]);
        var comment = SealedAddOn.Of(AddOnComposer.Comment(Key, parties, Secret, new Message { Conversation = "nice" }))!.Open(Secret, [parties]);
        var answer = SealedAddOn.Of(AddOnComposer.EventResponse(Key, parties, Secret,
            Message.Types.EventResponseMessage.Types.EventResponseType.Maybe, 2, Now))!.Open(Secret, [parties]);

        Assert.Equal(new ReactionContent("👍", 1_700_000_000_123), reaction);
        Assert.Equal("nice", Assert.IsType<CommentContent>(comment).Message.Conversation);
        Assert.Equal(new EventResponseContent(Message.Types.EventResponseMessage.Types.EventResponseType.Maybe, 1_700_000_000_123, 2), answer);
    }

    [Fact]
    public void A_comment_round_a_message_is_looked_through()
    {
        var parties = new AddOnParties("3EB0AA", Asker.Lid!.Value, Voter.Lid!.Value);
        var wrapped = new Message.Types.CommentMessage { Message = new Message { Conversation = "nice" }, TargetMessageKey = Key };
        var box = AddOnCipher.Seal(Secret, parties, AddOnUse.Comment, wrapped.ToByteArray());

        var comment = new SealedAddOn(Key, [AddOnUse.Comment], box).Open(Secret, [parties]);

        Assert.Equal("nice", Assert.IsType<CommentContent>(comment).Message.Conversation);
    }

    [Theory, MemberData(nameof(Edits))]
    public void Edits_come_back_as_sent(string label)
    {
        var use = AddOnUse.All.Single(each => each.Label == label);
        var parties = new AddOnParties("3EB0AA", Asker.Lid!.Value, Asker.Lid!.Value);
        var sent = AddOnComposer.Edit(Key, parties, Secret, use, new Message { Conversation = "edited" });

        var edit = Assert.IsType<EditContent>(SealedAddOn.Of(sent)!.Open(Secret, [parties]));

        Assert.Equal("edited", edit.Message.Conversation);
        Assert.Equal(use, edit.Use);
    }

    [Fact]
    public void An_option_added_under_the_name_of_an_edit_opens_too()
    {
        var parties = new AddOnParties("3EB0AA", Asker.Lid!.Value, Voter.Lid!.Value);
        var sent = AddOnComposer.Edit(Key, parties, Secret, AddOnUse.PollEdit, new Message { Conversation = "x" });
        sent.SecretEncryptedMessage.SecretEncType = Message.Types.SecretEncryptedMessage.Types.SecretEncType.PollAddOption;

        Assert.Equal(AddOnUse.PollEdit, Assert.IsType<EditContent>(SealedAddOn.Of(sent)!.Open(Secret, [parties])).Use);
    }

    [Fact]
    public void Malformed_add_ons_are_no_add_ons()
    {
        Assert.Null(SealedAddOn.Of(new Message { Conversation = "x" }));
        Assert.Null(SealedAddOn.Of(new Message { PollUpdateMessage = new Message.Types.PollUpdateMessage { Vote = new Message.Types.PollEncValue() } }));
        var shortBox = new SealedAddOn(Key, [AddOnUse.PollVote], new SealedBytes([1, 2], [3]));
        Assert.Null(shortBox.Open(Secret, [new AddOnParties("3EB0AA", Asker.Lid!.Value, Voter.Lid!.Value)]));
    }

    [Fact]
    public void Content_that_is_not_what_the_use_says_is_refused()
    {
        var parties = new AddOnParties("3EB0AA", Asker.Lid!.Value, Voter.Lid!.Value);
        var box = AddOnCipher.Seal(Secret, parties, AddOnUse.PollVote, [0xFF, 0xFF, 0xFF]);

        Assert.Null(new SealedAddOn(Key, [AddOnUse.PollVote], box).Open(Secret, [parties]));
    }

    [Fact]
    public void The_parents_author_is_found_from_the_senders_point_of_view()
    {
        var (own, other) = (Asker.Lid!.Value, Voter.Lid!.Value);
        var otherDevice = other.WithDevice(5);

        Assert.Equal(other, AddOnAuthors.ParentAuthor(new MessageKey { FromMe = true }, otherDevice, addOnFromMe: false, Group, own));
        Assert.Equal(own, AddOnAuthors.ParentAuthor(new MessageKey { Participant = own.ToString() }, otherDevice, addOnFromMe: false, Group, own));
        Assert.Equal(own, AddOnAuthors.ParentAuthor(new MessageKey { RemoteJid = own.ToString() }, otherDevice, addOnFromMe: false, other, own));
        Assert.Equal(other, AddOnAuthors.ParentAuthor(new MessageKey { RemoteJid = other.ToString() }, own.WithDevice(2), addOnFromMe: true, other, own));
        Assert.Null(AddOnAuthors.ParentAuthor(new MessageKey(), otherDevice, addOnFromMe: false, Group, own));
    }

    [Fact]
    public void A_bots_answer_opens_with_the_prompts_secret()
    {
        var (me, bot) = (Asker.Phone!.Value, Jid.Parse("13135550002@s.whatsapp.net"));
        var key = HKDF.DeriveKey(HashAlgorithmName.SHA256, BotMessages.SecretOf(Secret), 32, [], Encoding.UTF8.GetBytes($"ID1{me}{bot}"));
        using var cipher = new AesGcm(key, 16);
        var (iv, payload) = (new byte[12], new byte[3 + 16]);
        cipher.Encrypt(iv, "abc"u8, payload.AsSpan(0, 3), payload.AsSpan(3), Encoding.UTF8.GetBytes($"ID1\0{bot}"));

        Assert.Equal("abc"u8.ToArray(), BotMessages.Open(Secret, "ID1", me.WithDevice(3), bot, new SealedBytes(payload, iv)));
        Assert.Throws<AddOnException>(() => BotMessages.Open(Secret, "ID2", me, bot, new SealedBytes(payload, iv)));
    }
}
