using WhatsApp.Grains.Abstractions.Media;
using WhatsApp.Grains.Media;

namespace WhatsApp.Grains.Tests.Media;

public sealed class FolderObjectStoreTests : ObjectStoreBehaviour
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "wa-media-" + Guid.NewGuid().ToString("N"));

    protected override Task<IObjectStore> OpenAsync() => Task.FromResult<IObjectStore>(new FolderObjectStore(_folder));

    protected override Task RemoveAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return Task.CompletedTask;
    }

    [Fact]
    public async Task A_folder_has_no_public_address() => Assert.Null(await Store.PresignAsync("k", TimeSpan.FromMinutes(5), None));

    [Fact]
    public async Task Objects_are_plain_files_for_their_owner_alone()
    {
        await PutAsync("media/a.jpg", [1, 2, 3]);

        var file = Path.Combine(_folder, "media", "a.jpg");
        Assert.Equal([1, 2, 3], await File.ReadAllBytesAsync(file, None));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    [Fact]
    public async Task What_a_killed_process_left_half_written_is_gone_after_the_next_start()
    {
        await PutAsync("k", [1]);
        var partial = Path.Combine(_folder, ".partial", "half");
        await File.WriteAllTextAsync(partial, "half", None);

        var next = new FolderObjectStore(_folder);

        Assert.False(File.Exists(partial));
        await using var opened = await next.OpenAsync("k", null, None);
        Assert.NotNull(opened);
    }
}
