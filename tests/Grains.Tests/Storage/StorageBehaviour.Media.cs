using WhatsApp.Grains.Storage;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Tests.Storage;

public abstract partial class StorageBehaviour
{
    private StoredMedia File(string id, Jid? chat = null) => new(new MessageKey(chat ?? Phone, Phone, id), FromMe: false, "image")
    {
        DirectPath = "/v/t62.7118-24/secret-path?ccb=11-4",
        Url = "https://mmg.whatsapp.net/secret-url",
        MediaKey = [.. Enumerable.Repeat((byte)7, 32)],
        FileSha256 = [.. Enumerable.Repeat((byte)8, 32)],
        FileEncSha256 = [.. Enumerable.Repeat((byte)9, 32)],
        FileLength = 12345,
        Mimetype = "image/jpeg",
        FileName = "secret name.jpg",
        CreatedAt = Now,
    };

    private async Task<long> WithFilesAsync(params MediaRow[] rows)
    {
        var epoch = await CreateAndClaimAsync();
        await Sessions.CommitAsync(Ana, epoch, Batch() with { Media = rows }, None);
        return epoch;
    }

    private MediaRow Wanted(string id, long dueAt) => new(File(id), MediaState.Wanted) { DueAt = dueAt, EventSequence = 3 };

    private async Task<MediaRow> FileRowAsync(string id) => Assert.Single(await Media.FindAsync(Ana, id, None));

    [Fact]
    public async Task A_file_comes_back_as_it_was()
    {
        await WithFilesAsync(Wanted("A1", Now) with { Media = File("A1") with { OwnUpload = true, FromMe = true } });

        var row = await FileRowAsync("A1");

        Assert.Equivalent(File("A1") with { OwnUpload = true, FromMe = true }, row.Media, strict: true);
        Assert.Equal((MediaState.Wanted, Now, 3L, 0, 0), (row.State, row.DueAt, row.EventSequence, row.Attempts, row.Asks));
        Assert.Empty(await Media.FindAsync(Ana, "none", None));
        Assert.Empty(await Media.FindAsync(Bia, "A1", None));
    }

    [Fact]
    public async Task A_fenced_owner_adds_no_file()
    {
        var epoch = await CreateAndClaimAsync();
        await Sessions.ClaimAsync(Ana, "silo-2", None);

        await Assert.ThrowsAsync<FencedException>(() => Sessions.CommitAsync(Ana, epoch, Batch() with { Media = [Wanted("A1", Now)] }, None).AsTask());

        Assert.Empty(await Media.FindAsync(Ana, "A1", None));
    }

    [Fact]
    public async Task Files_are_due_by_time_and_what_waits_longest_comes_first()
    {
        await WithFilesAsync(Wanted("second", Now - 1), Wanted("first", Now - 2), Wanted("later", Now + 60_000), new MediaRow(File("lazy"), MediaState.Described) { DueAt = Now - 9 });

        Assert.Equal(["first", "second"], (await Media.FindDueAsync(Ana, Now, 10, None)).Select(row => row.Media.Key.Id));
        Assert.Equal("first", Assert.Single(await Media.FindDueAsync(Ana, Now, 1, None)).Media.Key.Id);
        Assert.Equal(Now + 60_000, await Media.NextDueAsync(Ana, Now, None));
        Assert.Null(await Media.NextDueAsync(Ana, Now + 60_000, None));
    }

    [Fact]
    public async Task A_stored_file_is_due_no_more_and_outlives_a_restart()
    {
        await WithFilesAsync(Wanted("A1", Now));
        var stored = (await FileRowAsync("A1")) with
        {
            State = MediaState.Stored,
            ObjectKey = "received/ana/1",
            ContentType = "image/png",
            StoredLength = 12000,
            StoredAt = Now,
            ExpiresAt = Now + 5,
            Attempts = 2,
            Asks = 1,
        };

        Assert.True(await Media.ChangeAsync(Ana, MediaState.Wanted, stored, None));
        await RestartAsync();

        Assert.Equivalent(stored, await FileRowAsync("A1"), strict: true);
        Assert.Empty(await Media.FindDueAsync(Ana, Now, 10, None));
    }

    [Fact]
    public async Task Of_two_that_change_a_file_one_wins()
    {
        await WithFilesAsync(Wanted("A1", Now));
        var row = await FileRowAsync("A1");

        Assert.True(await Media.ChangeAsync(Ana, MediaState.Wanted, row with { State = MediaState.Failed, Failure = "damaged" }, None));
        Assert.False(await Media.ChangeAsync(Ana, MediaState.Wanted, row with { State = MediaState.Stored, ObjectKey = "x" }, None));

        Assert.Equal((MediaState.Failed, "damaged"), ((await FileRowAsync("A1")).State, (await FileRowAsync("A1")).Failure));
    }

    [Fact]
    public async Task A_new_place_of_a_file_makes_it_wanted_again()
    {
        var epoch = await WithFilesAsync(Wanted("A1", Now));
        var row = await FileRowAsync("A1");
        await Media.ChangeAsync(Ana, MediaState.Wanted, row with { State = MediaState.Asked, Asks = 1, DueAt = Now + 1000 }, None);

        await Sessions.CommitAsync(Ana, epoch, Batch() with { Media = [new MediaRow(row.Media with { DirectPath = "/new", Answer = MediaAnswer.Found }, MediaState.Wanted) { DueAt = Now }] }, None);

        var found = await FileRowAsync("A1");
        Assert.Equal((MediaState.Wanted, "/new", 1, Now, 3L), (found.State, found.Media.DirectPath, found.Asks, found.DueAt, found.EventSequence));
        Assert.Equal(row.Media.MediaKey, found.Media.MediaKey);
    }

    [Fact]
    public async Task A_refusal_ends_a_file_that_was_asked_for_and_no_other()
    {
        var epoch = await WithFilesAsync(Wanted("asked", Now), Wanted("stored", Now));
        await Media.ChangeAsync(Ana, MediaState.Wanted, (await FileRowAsync("asked")) with { State = MediaState.Asked }, None);
        await Media.ChangeAsync(Ana, MediaState.Wanted, (await FileRowAsync("stored")) with { State = MediaState.Stored, ObjectKey = "x" }, None);

        await Sessions.CommitAsync(Ana, epoch, Batch() with
        {
            Media = [new MediaRow(File("asked") with { Answer = MediaAnswer.Refused }, MediaState.Described), new MediaRow(File("stored") with { Answer = MediaAnswer.Refused }, MediaState.Described)],
        }, None);

        Assert.Equal((MediaState.Failed, "gone"), ((await FileRowAsync("asked")).State, (await FileRowAsync("asked")).Failure));
        Assert.Equal(MediaState.Stored, (await FileRowAsync("stored")).State);
    }

    [Fact]
    public async Task A_message_told_twice_does_not_undo_its_stored_file()
    {
        var epoch = await WithFilesAsync(Wanted("A1", Now));
        await Media.ChangeAsync(Ana, MediaState.Wanted, (await FileRowAsync("A1")) with { State = MediaState.Stored, ObjectKey = "received/ana/1" }, None);

        await Sessions.CommitAsync(Ana, epoch, Batch() with { Media = [Wanted("A1", Now)] }, None);

        Assert.Equal((MediaState.Stored, "received/ana/1"), ((await FileRowAsync("A1")).State, (await FileRowAsync("A1")).ObjectKey));
    }

    [Fact]
    public async Task Files_of_one_id_in_two_chats_are_two_files()
    {
        await WithFilesAsync(Wanted("A1", Now), new MediaRow(File("A1", new Jid("120363", Jid.GroupServer)) with { CreatedAt = Now + 1 }, MediaState.Described));

        Assert.Equal(["120363@g.us", Phone.ToString()], (await Media.FindAsync(Ana, "A1", None)).Select(row => row.Media.Key.Chat.ToString()));
    }

    [Fact]
    public async Task Files_expire_when_their_days_are_over_and_new_days_count_from_when_they_were_stored()
    {
        await WithFilesAsync(Wanted("A1", Now));
        var stored = (await FileRowAsync("A1")) with { State = MediaState.Stored, ObjectKey = "received/ana/1", StoredAt = Now, ExpiresAt = Now + 10 };
        await Media.ChangeAsync(Ana, MediaState.Wanted, stored, None);

        Assert.Empty(await Media.FindExpiredAsync(Now + 9, 10, None));
        Assert.Equal((Ana, "A1"), (await Media.FindExpiredAsync(Now + 10, 10, None)).Select(found => (found.InstanceId, found.Row.Media.Key.Id)).Single());

        await Media.SetRetentionAsync(Ana, TimeSpan.FromDays(2), None);
        Assert.Equal(Now + 2 * 24 * 3600 * 1000L, (await FileRowAsync("A1")).ExpiresAt);
        await Media.SetRetentionAsync(Ana, null, None);
        Assert.Null((await FileRowAsync("A1")).ExpiresAt);
    }

    [Theory, InlineData(true, 0), InlineData(false, 1)]
    public async Task Files_go_with_the_messages_of_a_deleted_instance(bool purge, int left)
    {
        await WithFilesAsync(Wanted("A1", Now));

        await Instances.DeleteAsync(Ana, purge, None);

        Assert.Equal(left, (await Media.FindAsync(Ana, "A1", None)).Count);
    }

    [Fact]
    public async Task An_event_that_is_held_back_takes_its_final_body_and_is_due_at_once()
    {
        var epoch = await CreateAndClaimAsync();
        await Sessions.CommitAsync(Ana, epoch, Batch(outbox: [Event(1) with { DueAt = Now + 5000 }, Event(2)], lastSequence: 2), None);
        Assert.Empty(await Outbox.ClaimAsync(Ana, "w1", 10, TimeSpan.FromMinutes(1), None));

        var held = Assert.Single(await Outbox.FindHeldAsync(Ana, 1, None));
        Assert.Equal(Event(1).Body, held.Body);
        Assert.True(await Outbox.ReviseAsync(Ana, "w1", 1, [42], None));

        var claimed = await Outbox.ClaimAsync(Ana, "w1", 10, TimeSpan.FromMinutes(1), None);
        Assert.Equal([1L, 2L], claimed.Select(row => row.Sequence));
        Assert.Equal([42], claimed[0].Body);
        Assert.Equal(Event(1).EventId, claimed[0].EventId);
    }

    [Fact]
    public async Task An_event_that_was_tried_or_is_due_keeps_its_body()
    {
        var epoch = await CreateAndClaimAsync();
        await Sessions.CommitAsync(Ana, epoch, Batch(outbox: [Event(1) with { DueAt = Now + 5000 }], lastSequence: 1), None);
        Time.Advance(TimeSpan.FromSeconds(5));

        Assert.Empty(await Outbox.FindHeldAsync(Ana, 1, None));
        Assert.False(await Outbox.ReviseAsync(Ana, "w1", 1, [42], None));
        var claimed = Assert.Single(await Outbox.ClaimAsync(Ana, "w1", 10, TimeSpan.FromMinutes(1), None));
        Assert.Equal(Event(1).Body, claimed.Body);

        await Outbox.RescheduleAsync(Ana, "w1", 1, 1, Now + 60_000, [], None);
        Assert.False(await Outbox.ReviseAsync(Ana, "w1", 1, [42], None));
    }
}
