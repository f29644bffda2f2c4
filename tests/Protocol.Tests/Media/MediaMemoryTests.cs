using System.Security.Cryptography;
using WhatsApp.Protocol.Media;
using WhatsApp.Protocol.Media.Transfer;

namespace WhatsApp.Protocol.Tests.Media;

/// <summary>Counts what the whole process allocates, so it runs alone.</summary>
[CollectionDefinition(nameof(MediaMemoryTests), DisableParallelization = true)]
public sealed class MediaMemoryCollection;

[Collection(nameof(MediaMemoryTests))]
public sealed class MediaMemoryTests : IDisposable
{
    private const long Size = 96L * 1024 * 1024;
    private const long Allowed = 24L * 1024 * 1024;
    private readonly HttpMessageInvoker _http = LoopbackHost.NewClient();
    private readonly string _folder = Directory.CreateTempSubdirectory("media").FullName;

    public void Dispose()
    {
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_large_file_goes_up_and_comes_down_in_little_memory()
    {
        var (mediaKey, path) = (MediaKeys.NewMediaKey(), Path.Combine(_folder, "blob"));
        EncryptedMedia facts;
        await using (var blob = File.Create(path))
            facts = await MediaCipher.EncryptAsync(new EndlessStream(Size), blob, mediaKey, MediaType.Document);
        long taken = 0;
        await using var host = await LoopbackHost.StartAsync(async context =>
        {
            if (context.Request.Method == "GET")
            {
                await MediaCipher.EncryptAsync(new EndlessStream(Size), context.Response.Body, mediaKey, MediaType.Document);
                return;
            }
            var buffer = new byte[64 * 1024];
            int read;
            while ((read = await context.Request.Body.ReadAsync(buffer)) > 0)
                taken += read;
            await context.Response.Body.WriteAsync("""{"url":"https://x","direct_path":"/v/x?y"}"""u8.ToArray());
        });
        var connections = FixedConnections.To(host);
        var before = GC.GetTotalAllocatedBytes(precise: true);

        var uploaded = await new MediaUpload(_http, connections, LoopbackHost.Quick with { ResumeFrom = long.MaxValue }, TimeProvider.System)
            .UploadAsync(UploadTarget.Encrypted(MediaType.Document), path, facts.FileEncSha256, CancellationToken.None);
        var afterUpload = GC.GetTotalAllocatedBytes(precise: true);
        var outcome = await new MediaDownload(_http, connections, LoopbackHost.Quick, TimeProvider.System).DownloadAsync(
            new MediaDescriptor(MediaType.Document) { DirectPath = uploaded.DirectPath, MediaKey = mediaKey, FileSha256 = facts.FileSha256, FileEncSha256 = facts.FileEncSha256 },
            Path.Combine(_folder, "plain"), CancellationToken.None);
        var afterDownload = GC.GetTotalAllocatedBytes(precise: true);

        Assert.Equal(facts.EncryptedLength, taken);
        Assert.Equal(new MediaStored(Path.Combine(_folder, "plain"), Size), outcome);
        Assert.InRange(afterUpload - before, 0, Allowed);
        Assert.InRange(afterDownload - afterUpload, 0, Allowed);
        await using var plain = File.OpenRead(Path.Combine(_folder, "plain"));
        Assert.Equal(facts.FileSha256, await SHA256.HashDataAsync(plain));
    }
}
