using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using WhatsApp.Grains.Telemetry;
using WhatsApp.Grains.Tests.Scripted;
using WhatsApp.Protocol.Connection;

namespace WhatsApp.Grains.Tests.Telemetry;

/// <summary>What an operator reads when the same happens to a thousand instances.</summary>
public sealed class RepeatedErrorsTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly ListLogger _log = new();
    private readonly RepeatedErrors _errors;

    public RepeatedErrorsTests() => _errors = new RepeatedErrors(_time);

    public void Dispose() => _errors.Dispose();

    [Fact]
    public void An_outage_of_a_minute_with_a_thousand_instances_is_two_lines_without_a_stack_trace()
    {
        for (var second = 0; second < 60; second += 5)
        {
            for (var i = 0; i < 1000; i++)
                _errors.Tell(_log, "the device broke", $"i{i}", new StoreFailedException(new NpgsqlException("Failed to connect", new SocketException((int)SocketError.ConnectionRefused))));
            _time.Advance(TimeSpan.FromSeconds(5));
        }
        Assert.Equal(["i0: the device broke; PostgreSQL does not answer: Failed to connect", "the device broke: 11999 times more in the last minute (NpgsqlException)"],
            _log.Lines.Select(line => line.Text));
        Assert.All(_log.Lines, line => Assert.Null(line.Error));
    }

    [Fact]
    public void Each_kind_of_error_is_told_in_full_once_a_minute()
    {
        for (var i = 0; i < 3; i++)
        {
            _errors.Tell(_log, "the device broke", $"i{i}", new InvalidOperationException("bug"));
            _errors.Tell(_log, "the device broke", $"i{i}", new StoreFailedException(new TimeoutException("slow")));
            _errors.Tell(_log, "the device does not stop", $"i{i}", new TimeoutException("slow"));
        }
        Assert.Equal(["i0: the device broke", "i0: the device broke", "i0: the device does not stop"], _log.Lines.Select(line => line.Text));
        Assert.All(_log.Lines, line => Assert.NotNull(line.Error));

        _time.Advance(RepeatedErrors.Window);
        Assert.Equal(3, _log.Lines.Count(line => line.Text.Contains("2 times more", StringComparison.Ordinal)));
        _errors.Tell(_log, "the device broke", "again", new InvalidOperationException("bug"));
        Assert.Equal("again: the device broke", _log.Lines[^1].Text);
    }

    [Fact]
    public void What_happens_once_is_one_line()
    {
        _errors.Tell(_log, "the device broke", "a", new InvalidOperationException("bug"));
        _time.Advance(RepeatedErrors.Window * 2);
        Assert.Single(_log.Lines);
    }
}
