using System.Security.Cryptography;
using System.Text;
using WhatsApp.Grains.Abstractions.Media;

namespace WhatsApp.Grains.Tests.Media;

/// <summary>What every object store must do, wherever the bytes lie.</summary>
public abstract class ObjectStoreBehaviour : IAsyncLifetime
{
    private static readonly byte[] Hello = Encoding.ASCII.GetBytes("hello, object");

    protected IObjectStore Store { get; private set; } = null!;
    protected static CancellationToken None => CancellationToken.None;

    protected abstract Task<IObjectStore> OpenAsync();
    protected abstract Task RemoveAsync();

    public async ValueTask InitializeAsync() => Store = await OpenAsync();

    public async ValueTask DisposeAsync()
    {
        (Store as IDisposable)?.Dispose();
        await RemoveAsync();
        GC.SuppressFinalize(this);
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task What_is_put_is_what_is_opened(bool lengthIsKnown)
    {
        await PutAsync("media/shop/a.bin", Hello, lengthIsKnown);

        await using var opened = await Store.OpenAsync("media/shop/a.bin", null, None);

        Assert.NotNull(opened);
        Assert.Equal("image/jpeg", opened.ContentType);
        Assert.Equal((Hello.Length, Hello.Length, 0), (opened.TotalLength, opened.Length, opened.Offset));
        Assert.Equal(Hello, await ReadAsync(opened.Content));
    }

    [Fact]
    public async Task What_is_not_there_is_null_and_can_be_deleted()
    {
        Assert.Null(await Store.OpenAsync("media/none", null, None));
        await Store.DeleteAsync("media/none", None);
        await Store.DeletePrefixAsync("nothing/", None);
        Assert.Empty(await KeysAsync("nothing/"));
    }

    [Fact]
    public async Task A_second_put_replaces_the_first()
    {
        await PutAsync("k", Hello);
        await Store.PutAsync("k", new MemoryStream([1, 2]), 2, "image/png", None);

        await using var opened = await Store.OpenAsync("k", null, None);

        Assert.Equal("image/png", opened!.ContentType);
        Assert.Equal([1, 2], await ReadAsync(opened.Content));
    }

    [Theory, InlineData(0, 4L, "hello"), InlineData(7, null, "object"), InlineData(7, 7L, "o"), InlineData(7, 900L, "object")]
    public async Task A_part_is_given_as_asked(long from, long? to, string expected)
    {
        await PutAsync("k", Hello);

        await using var opened = await Store.OpenAsync("k", new ByteRange(from, to), None);

        Assert.Equal(expected, Encoding.ASCII.GetString(await ReadAsync(opened!.Content)));
        Assert.Equal((from, expected.Length, Hello.Length), (opened.Offset, opened.Length, opened.TotalLength));
    }

    [Fact]
    public async Task A_part_behind_the_end_is_refused()
    {
        await PutAsync("k", Hello);

        await Assert.ThrowsAsync<ObjectRangeException>(() => Store.OpenAsync("k", new ByteRange(Hello.Length), None));
        await Assert.ThrowsAsync<ObjectRangeException>(() => Store.OpenAsync("k", new ByteRange(3, 2), None));
    }

    [Theory, InlineData(12), InlineData(14)]
    public async Task A_content_that_lies_about_its_length_is_not_kept(long announced)
    {
        await Assert.ThrowsAsync<IOException>(() => Store.PutAsync("liar", new MemoryStream(Hello), announced, "image/jpeg", None));

        Assert.Null(await Store.OpenAsync("liar", null, None));
    }

    [Fact]
    public async Task A_content_that_breaks_off_leaves_what_was_there()
    {
        await PutAsync("k", Hello);

        await Assert.ThrowsAnyAsync<IOException>(() => Store.PutAsync("k", new BreakingStream(), null, "image/png", None));

        await using var opened = await Store.OpenAsync("k", null, None);
        Assert.Equal(Hello, await ReadAsync(opened!.Content));
    }

    [Fact]
    public async Task A_prefix_is_listed_and_deleted_with_all_below_it_and_nothing_beside_it()
    {
        foreach (var key in new[] { "a/1", "a/b/2", "a.b/3", "ab/4" })
            await PutAsync(key, Hello);

        Assert.Equal(["a/1", "a/b/2"], await KeysAsync("a/"));
        await foreach (var entry in Store.ListAsync("a/", None))
        {
            Assert.Equal(Hello.Length, entry.Length);
            Assert.True(TimeProvider.System.GetUtcNow() - entry.WrittenAt < TimeSpan.FromHours(1));
        }
        await Store.DeletePrefixAsync("a/", None);

        Assert.Empty(await KeysAsync("a/"));
        Assert.NotEmpty(await KeysAsync("a.b/"));
        Assert.NotEmpty(await KeysAsync("ab/"));
    }

    [Theory, InlineData("../secret"), InlineData("/etc/passwd"), InlineData("a//b"), InlineData("a/../b"), InlineData(".hidden"), InlineData("a/"), InlineData(""), InlineData("a\nb"), InlineData("a b")]
    public async Task What_is_no_key_is_refused(string key)
    {
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Store.PutAsync(key, new MemoryStream(Hello), null, "image/jpeg", None));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Store.OpenAsync(key, null, None));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Store.DeleteAsync(key, None));
    }

    [Fact]
    public async Task A_large_object_survives_bit_by_bit()
    {
        var bytes = RandomNumberGenerator.GetBytes(3 * 1024 * 1024 + 17);
        await PutAsync("large", bytes, lengthIsKnown: false);

        await using var opened = await Store.OpenAsync("large", null, None);

        Assert.Equal(SHA256.HashData(bytes), SHA256.HashData(await ReadAsync(opened!.Content)));
    }

    protected Task PutAsync(string key, byte[] bytes, bool lengthIsKnown = true) =>
        Store.PutAsync(key, new MemoryStream(bytes), lengthIsKnown ? bytes.Length : null, "image/jpeg", None);

    protected static async Task<byte[]> ReadAsync(Stream stream)
    {
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes);
        return bytes.ToArray();
    }

    private async Task<IEnumerable<string>> KeysAsync(string prefix)
    {
        List<string> keys = [];
        await foreach (var entry in Store.ListAsync(prefix, None))
            keys.Add(entry.Key);
        return keys.Order(StringComparer.Ordinal);
    }

    // Some bytes, then the other side is gone.
    private sealed class BreakingStream : MemoryStream
    {
        private int _reads;

        public override int Read(Span<byte> buffer) => _reads++ == 0 ? 1 : throw new IOException("the other side is gone");

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.FromResult(Read(buffer.Span));

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => Task.FromResult(Read(buffer, offset, count));

        public override async Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken)
        {
            var buffer = new byte[bufferSize];
            while (true)
                await destination.WriteAsync(buffer.AsMemory(0, Read(buffer)), cancellationToken);
        }
    }
}
