using System.Buffers;
using WhatsApp.Sandbox.Faults;

namespace WhatsApp.Sandbox.Media;

/// <summary>The bytes of uploads and downloads, and what may happen to them on the way: slow, cut off, too short, changed.</summary>
internal static class MediaPipe
{
    private const int Piece = 64 * 1024;

    /// <summary>The body of an upload into a file.</summary>
    /// <exception cref="OperationCanceledException">The connection was cut.</exception>
    public static async Task ReceiveAsync(SandboxServer server, int host, HttpContext context, Stream disk)
    {
        var slow = Take(server, FaultKind.MediaSlow, host, "upload");
        var cut = Take(server, FaultKind.MediaCut, host, "upload");
        var buffer = ArrayPool<byte>.Shared.Rent(Piece);
        try
        {
            var received = 0L;
            int read;
            while ((read = await context.Request.Body.ReadAsync(buffer.AsMemory(0, Piece), context.RequestAborted)) > 0)
            {
                await Wait(server, slow, context);
                var kept = cut is null ? read : (int)Math.Min(read, cut.Bytes!.Value - received);
                await disk.WriteAsync(buffer.AsMemory(0, kept), context.RequestAborted);
                received += kept;
                server.Stats.MediaReceived(kept);
                if (cut is null || received < cut.Bytes!.Value)
                    continue;
                context.Abort();
                throw new OperationCanceledException("the connection was cut");
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>A stretch of a file as the body of a download.</summary>
    public static async Task SendAsync(SandboxServer server, int host, HttpContext context, Stream disk, long from, long count)
    {
        var slow = Take(server, FaultKind.MediaSlow, host, "download");
        var cut = Take(server, FaultKind.MediaCut, host, "download");
        // In the middle of the stretch: never the padding, never the MAC alone.
        var changed = Take(server, FaultKind.MediaCorrupt, host, "download") is null ? -1 : from + count / 2;
        if (Take(server, FaultKind.MediaShort, host, "download") is { } shorter)
            count = Math.Min(count, shorter.Bytes!.Value);
        context.Response.ContentLength = count;
        disk.Position = from;
        var end = cut is null ? from + count : Math.Min(from + count, from + cut.Bytes!.Value);
        var buffer = ArrayPool<byte>.Shared.Rent(Piece);
        try
        {
            while (disk.Position < end)
            {
                await Wait(server, slow, context);
                var start = disk.Position;
                var read = await disk.ReadAsync(buffer.AsMemory(0, (int)Math.Min(Piece, end - start)), context.RequestAborted);
                if (read == 0)
                    break;
                if (changed >= start && changed < start + read)
                    buffer[changed - start] ^= 0x01;
                await context.Response.Body.WriteAsync(buffer.AsMemory(0, read), context.RequestAborted);
                server.Stats.MediaSent(read);
            }
            if (cut is null)
            {
                server.Stats.MediaDownloaded();
                return;
            }
            await context.Response.Body.FlushAsync(context.RequestAborted);
            context.Abort();
        }
        catch (OperationCanceledException)
        {
            // The client went away.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static Fault? Take(SandboxServer server, FaultKind kind, int host, string on) =>
        server.Faults.Take(kind, null, 0, fault => fault.StrikesMedia(host, on));

    private static Task Wait(SandboxServer server, Fault? slow, HttpContext context) =>
        slow is null ? Task.CompletedTask : Task.Delay(TimeSpan.FromMilliseconds(slow.Ms!.Value), server.Options.Time, context.RequestAborted);
}
