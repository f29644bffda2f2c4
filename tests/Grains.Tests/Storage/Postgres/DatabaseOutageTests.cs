using System.Net.Sockets;
using Npgsql;
using WhatsApp.Grains.Storage.Postgres;
using WhatsApp.Protocol.Connection;

namespace WhatsApp.Grains.Tests.Storage.Postgres;

/// <summary>What counts as a database that is away.</summary>
public sealed class DatabaseOutageTests
{
    [Theory]
    [InlineData("57P01", true), InlineData("57P02", true), InlineData("57P03", true), InlineData("53300", true), InlineData("23505", false), InlineData("42P01", false)]
    public void One_that_ends_or_starts_is_away_and_one_that_refuses_a_statement_is_not(string state, bool expected) =>
        Assert.Equal(expected, DatabaseOutage.Find(new StoreFailedException(new PostgresException("text", "FATAL", "FATAL", state))) is not null);

    [Fact]
    public void One_that_cannot_be_reached_is_away() =>
        Assert.NotNull(DatabaseOutage.Find(new StoreFailedException(new NpgsqlException("text", new SocketException()))));

    [Fact]
    public void Any_other_error_is_not() => Assert.Null(DatabaseOutage.Find(new StoreFailedException(new InvalidOperationException())));
}
