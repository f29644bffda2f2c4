return await WhatsApp.Gateway.GatewayApp.RunAsync(args);
