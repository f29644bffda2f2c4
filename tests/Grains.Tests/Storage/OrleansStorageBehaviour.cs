using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Storage;

namespace WhatsApp.Grains.Tests.Storage;

/// <summary>A grain that keeps a note, and counts its reminder's ticks.</summary>
public interface INoteGrain : IGrainWithStringKey
{
    Task WriteAsync(string text);
    Task<(string Text, bool Exists, string? ETag)> ReadAsync();
    Task ClearAsync();
    Task RemindAsync(string name);
    Task<string[]> RemindersAsync();
    [Orleans.Concurrency.AlwaysInterleave]
    Task<string> FirstTickAsync();
    Task ForgetAsync(string name);
}

[GenerateSerializer]
public sealed class Note
{
    [Id(0)] public string Text { get; set; } = "";
}

public sealed class NoteGrain([PersistentState("note")] IPersistentState<Note> note) : Grain, INoteGrain, IRemindable
{
    private readonly TaskCompletionSource<string> _tick = new();

    public Task WriteAsync(string text)
    {
        note.State.Text = text;
        return note.WriteStateAsync();
    }

    public async Task<(string Text, bool Exists, string? ETag)> ReadAsync()
    {
        await note.ReadStateAsync();
        return (note.State.Text, note.RecordExists, note.Etag);
    }

    public Task ClearAsync() => note.ClearStateAsync();

    public Task RemindAsync(string name) => this.RegisterOrUpdateReminder(name, TimeSpan.FromMilliseconds(200), TimeSpan.FromMinutes(1));

    public async Task<string[]> RemindersAsync() => [.. (await this.GetReminders()).Select(reminder => reminder.ReminderName).Order()];

    public Task<string> FirstTickAsync() => _tick.Task;

    public async Task ForgetAsync(string name) => await this.UnregisterReminder(await this.GetReminder(name) ?? throw new InvalidOperationException("no such reminder"));

    public Task ReceiveReminder(string reminderName, TickStatus status)
    {
        _tick.TrySetResult(reminderName);
        return Task.CompletedTask;
    }
}

/// <summary>Grain state and reminders as Orleans needs them, whatever the database.</summary>
public abstract class OrleansStorageBehaviour
{
    /// <summary>Registers grain storage and reminders on the database of this test.</summary>
    protected abstract void AddStorage(ISiloBuilder silo);

    protected async Task InSiloAsync(Func<IHost, IGrainFactory, Task> work)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(WhatsApp.Servers.FreePort.Next(), WhatsApp.Servers.FreePort.Next());
            AddStorage(silo);
            silo.Configure<ReminderOptions>(options => options.MinimumReminderPeriod = TimeSpan.FromSeconds(1));
        });
        using var host = builder.Build();
        await host.StartAsync();
        await work(host, host.Services.GetRequiredService<IGrainFactory>());
        await host.StopAsync();
    }

    [Fact]
    public async Task Grain_state_is_written_read_and_cleared_and_survives_a_restart()
    {
        await InSiloAsync(async (_, grains) =>
        {
            Assert.Equal(("", false, null), await grains.GetGrain<INoteGrain>("a").ReadAsync());
            await grains.GetGrain<INoteGrain>("a").WriteAsync("one");
            await grains.GetGrain<INoteGrain>("a").WriteAsync("two");
            await grains.GetGrain<INoteGrain>("b").WriteAsync("other");
            Assert.Equal(("two", true, "2"), await grains.GetGrain<INoteGrain>("a").ReadAsync());
        });
        await InSiloAsync(async (_, grains) =>
        {
            Assert.Equal(("two", true, "2"), await grains.GetGrain<INoteGrain>("a").ReadAsync());
            await grains.GetGrain<INoteGrain>("a").ClearAsync();
            Assert.Equal("", (await grains.GetGrain<INoteGrain>("a").ReadAsync()).Text);
            await grains.GetGrain<INoteGrain>("a").WriteAsync("again");
            Assert.Equal(("again", true, "4"), await grains.GetGrain<INoteGrain>("a").ReadAsync());
            Assert.Equal("other", (await grains.GetGrain<INoteGrain>("b").ReadAsync()).Text);
        });
    }

    [Fact]
    public async Task A_writer_with_an_old_version_is_refused() => await InSiloAsync(async (host, grains) =>
    {
        var storage = host.Services.GetRequiredService<IGrainStorage>();
        var id = grains.GetGrain<INoteGrain>("a").GetGrainId();
        var first = new GrainState<Note>(new Note { Text = "first" });
        var second = new GrainState<Note>(new Note { Text = "second" });
        await storage.ReadStateAsync("note", id, new GrainState<Note>());
        await storage.WriteStateAsync("note", id, first);

        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.WriteStateAsync("note", id, second)); // never read it
        await storage.ReadStateAsync("note", id, second);
        await storage.WriteStateAsync("note", id, second);
        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.WriteStateAsync("note", id, first));
        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.ClearStateAsync("note", id, first));
        await storage.ClearStateAsync("note", id, second);
        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.WriteStateAsync("note", id, first));
        var unknown = new GrainState<Note>(new Note { Text = "x" }, "5");
        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.WriteStateAsync("note", grains.GetGrain<INoteGrain>("nobody").GetGrainId(), unknown));
    });

    [Fact]
    public async Task Reminders_are_kept_over_a_restart_tick_and_go()
    {
        await InSiloAsync(async (_, grains) =>
        {
            var grain = grains.GetGrain<INoteGrain>("a");
            await grain.RemindAsync("outbox");
            await grain.RemindAsync("outbox");
            await grain.RemindAsync("spare");
            Assert.Equal(["outbox", "spare"], await grain.RemindersAsync());
            Assert.Contains(await grain.FirstTickAsync().WaitAsync(TimeSpan.FromSeconds(30)), new[] { "outbox", "spare" });
        });
        await InSiloAsync(async (host, grains) =>
        {
            var grain = grains.GetGrain<INoteGrain>("a");
            Assert.Equal(["outbox", "spare"], await grain.RemindersAsync());
            await grain.ForgetAsync("spare");
            Assert.Equal(["outbox"], await grain.RemindersAsync());

            var table = host.Services.GetRequiredService<IReminderTable>();
            Assert.Single((await table.ReadRows(0, 0)).Reminders);
            var entry = Assert.Single((await table.ReadRows(grain.GetGrainId())).Reminders);
            Assert.Equal(TimeSpan.FromMinutes(1), entry.Period);
            Assert.False(await table.RemoveRow(entry.GrainId, entry.ReminderName, "999"));
            Assert.True(await table.RemoveRow(entry.GrainId, entry.ReminderName, entry.ETag!));
            Assert.Empty((await table.ReadRows(0, 0)).Reminders);
        });
    }
}
