using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using WhatsApp.Grains.Media;
using WhatsApp.Grains.Storage;

namespace WhatsApp.Grains.Tests.Media;

/// <summary>Files over time: tried again with longer and longer pauses, asked for at our phone, given up in the end, and kept for their days.</summary>
public sealed class MediaFetcherTests
{
    [Fact]
    public async Task A_file_that_no_host_gives_is_tried_again_later_and_given_up_in_the_end()
    {
        await using var rig = new FetchRig();
        await rig.AddAsync(rig.Row("A1"));
        rig.Start();

        var first = await rig.UntilAsync("A1", row => row.Attempts == 1);
        Assert.Equal((MediaState.Wanted, rig.Now + 2_000), (first.State, first.DueAt));
        var second = await rig.UntilAsync("A1", row => row.Attempts == 2, TimeSpan.FromMilliseconds(500));
        Assert.True(second.DueAt >= first.DueAt + 4_000);

        var last = await rig.UntilAsync("A1", row => row.State == MediaState.Failed, TimeSpan.FromMinutes(10));
        Assert.Equal(("unreachable", 15), (last.Failure, last.Attempts));
    }

    [Fact]
    public async Task Our_phone_is_asked_again_after_a_while_and_not_for_ever()
    {
        await using var rig = new FetchRig();
        rig.Connected = rig.Device;
        await rig.AddAsync(rig.Row("A1", MediaState.Asked));
        rig.Start();

        var asked = await rig.UntilAsync("A1", row => row.Asks == 1);
        Assert.Equal(rig.Now + 120_000, asked.DueAt);
        var failed = await rig.UntilAsync("A1", row => row.State == MediaState.Failed, TimeSpan.FromHours(1));
        // A question is written down before it is asked: time that jumps may pass one by.
        Assert.Equal(("gone", 3), (failed.Failure, failed.Asks));
        Assert.InRange(rig.Device.AskedFor.Count, 1, 3);
    }

    [Fact]
    public async Task Without_a_connection_our_phone_is_asked_later_and_the_try_does_not_count()
    {
        await using var rig = new FetchRig();
        await rig.AddAsync(rig.Row("A1", MediaState.Asked));
        rig.Start();

        var waiting = await rig.UntilAsync("A1", row => row.Asks == 0 && row.DueAt > rig.Now);
        Assert.Equal((MediaState.Asked, rig.Now + 30_000), (waiting.State, waiting.DueAt));
        rig.Connected = rig.Device;

        await rig.UntilAsync("A1", row => row.Asks == 1, TimeSpan.FromSeconds(5));
        await Scripted.Eventually.TrueAsync(() => rig.Device.AskedFor.Count == 1, "the question");
    }

    [Fact]
    public async Task An_event_that_waits_is_told_of_the_failure_and_sent_on()
    {
        await using var rig = new FetchRig();
        var held = new OutboxRow("w1", 1, "evt_1", "message.received", """{"data":{"media":{"status":"lazy","url":"http://y"}}}"""u8.ToArray(), rig.Now) { DueAt = rig.Now + 60_000 };
        await rig.AddAsync(rig.Row("A1", key: new byte[3]), held);
        rig.Start();
        await rig.UntilAsync("A1", row => row.State == MediaState.Failed);
        await Scripted.Eventually.TrueAsync(() => !rig.Pokes.IsEmpty, "the webhook is told");

        var media = JsonElement.Parse(Assert.Single(await rig.ClaimAsync()).Body).GetProperty("data").GetProperty("media");
        Assert.Equal(("failed", "unusable"), (media.GetProperty("status").GetString(), media.GetProperty("failure").GetString()));
    }

    [Fact]
    public async Task Somebody_who_asks_is_answered_when_the_file_has_failed_and_not_before_its_time()
    {
        await using var rig = new FetchRig();
        await rig.AddAsync(rig.Row("never", MediaState.Described, key: new byte[3]));
        await rig.AddAsync(rig.Row("later", MediaState.Described));
        rig.Start();

        Assert.Equal("unusable", (await rig.GetAsync(await rig.FindAsync("never"), TimeSpan.FromMinutes(1))).Failure);
        var waiting = rig.GetAsync(await rig.FindAsync("later"), TimeSpan.FromSeconds(10));
        await rig.UntilAsync("later", row => row.Attempts == 1);
        Assert.False(waiting.IsCompleted);
        rig.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(MediaState.Wanted, (await waiting).State);
    }

    [Fact]
    public async Task A_failed_file_is_tried_again_when_asked_for_but_not_at_once()
    {
        await using var rig = new FetchRig();
        await rig.AddAsync(rig.Row("A1", key: new byte[3]));
        rig.Start();
        var failed = await rig.UntilAsync("A1", row => row.State == MediaState.Failed);

        Assert.Equal(failed.DueAt, (await rig.GetAsync(failed, TimeSpan.FromMinutes(1))).DueAt);
        rig.Time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(failed.DueAt + 31_000, (await rig.GetAsync(failed, TimeSpan.FromMinutes(1))).DueAt);
    }

    [Fact]
    public async Task Stored_files_are_removed_when_their_days_are_over()
    {
        await using var rig = new FetchRig();
        await rig.AddAsync(rig.Row("old"));
        await rig.AddAsync(rig.Row("new"));
        foreach (var (id, days) in new[] { ("old", 1), ("new", 3) })
        {
            var key = $"received/ana/{id}";
            await rig.Parts.Objects.PutAsync(key, new MemoryStream([1, 2, 3]), 3, "image/png");
            await rig.Parts.Store.ChangeAsync(FetchRig.Instance, MediaState.Wanted,
                await rig.FindAsync(id) with { State = MediaState.Stored, ObjectKey = key, StoredAt = rig.Now, ExpiresAt = rig.Now + (long)TimeSpan.FromDays(days).TotalMilliseconds }, default);
        }
        using var services = new ServiceCollection().AddSingleton(rig.Parts).BuildServiceProvider();
        using var retention = new MediaRetention(services);
        await retention.StartAsync(default);
        rig.Time.Advance(TimeSpan.FromDays(2));

        await rig.UntilAsync("old", row => row.State == MediaState.Removed, TimeSpan.FromMinutes(10));

        Assert.Null(await rig.Parts.Objects.OpenAsync("received/ana/old"));
        await using var kept = await rig.Parts.Objects.OpenAsync("received/ana/new");
        Assert.NotNull(kept);
        Assert.Equal(MediaState.Stored, (await rig.FindAsync("new")).State);
        await retention.StopAsync(default);
    }
}
