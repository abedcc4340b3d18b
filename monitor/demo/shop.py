"""The shop: every flow that it serves, as one table of call trees.

Three front doors (storefront, mobile-api, back-office), a dozen services behind them, PostgreSQL, Redis and
MongoDB, a queue with consumers, and three companies outside: payments, mail, parcels.
"""

from monitor.demo.steps import (
    CARRIER,
    MAIL,
    PAYMENTS,
    Flow,
    external,
    mongo,
    publish,
    redis,
    rpc,
    sometimes,
    sql,
)

SESSION = rpc("identity", "Identity/Check", redis("GET", "sessions"))
PRICES = rpc("pricing", "Pricing/Quote", redis("MGET", "prices"), sometimes(sql("SELECT", "prices")))
STOCK = rpc("inventory", "Inventory/Available", sql("SELECT", "stock"))
PRODUCT = rpc("catalog", "Catalog/Get", mongo("find", "products"))
CART = rpc("cart", "Cart/Get", redis("HGETALL", "carts"))
ADVICE = rpc("recommendations", "Recommendations/For", redis("ZRANGE", "affinities"))
MAIL_STEPS = (sql("INSERT", "mails"), external(MAIL, "POST", "/v3/messages"))
ORDER_PLACED = publish(
    "orders",
    "fulfilment",
    sql("SELECT", "orders"),
    rpc("shipping", "Shipping/Book", external(CARRIER, "POST", "/parcels"), sql("INSERT", "parcels")),
)
RESERVE = rpc("inventory", "Inventory/Reserve", sql("SELECT", "stock"), sql("UPDATE", "stock"))
CHARGE = rpc(
    "payment", "Payment/Charge", external(PAYMENTS, "POST", "/v1/charges"), sql("INSERT", "payments")
)
PLACE = rpc("orders", "Orders/Place", sql("INSERT", "orders"), ORDER_PLACED)

STOREFRONT = (
    Flow(
        "storefront", "GET", "/", (ADVICE, rpc("catalog", "Catalog/Featured", mongo("find", "products"))), 1.6
    ),
    Flow("storefront", "GET", "/products/{id}", (PRODUCT, PRICES, STOCK, sometimes(ADVICE)), 1.8, 0.02),
    Flow(
        "storefront",
        "GET",
        "/search",
        (rpc("search", "Search/Query", mongo("aggregate", "terms")), PRICES),
        1.6,
    ),
    Flow(
        "storefront",
        "GET",
        "/categories/{name}",
        (rpc("catalog", "Catalog/List", mongo("find", "products")),),
        1.2,
    ),
    Flow("storefront", "GET", "/cart", (SESSION, CART, PRICES), 1.4),
    Flow(
        "storefront",
        "POST",
        "/cart/items",
        (SESSION, STOCK, rpc("cart", "Cart/Add", redis("HSET", "carts"))),
        1.2,
    ),
    Flow(
        "storefront",
        "DELETE",
        "/cart/items/{id}",
        (SESSION, rpc("cart", "Cart/Remove", redis("HDEL", "carts"))),
        0.7,
    ),
    Flow(
        "storefront",
        "POST",
        "/checkout",
        (SESSION, CART, PRICES, RESERVE, CHARGE, PLACE, rpc("cart", "Cart/Clear", redis("DEL", "carts"))),
        weight=1.4,
        client_errors=0.03,
        failures=0.01,
        tested=4,
        mocked="POST /v1/charges",
    ),
    Flow(
        "storefront",
        "POST",
        "/checkout/express",
        (SESSION, PRICES, RESERVE, CHARGE, PLACE),
        weight=1.5,
        tested=0,
        launches=True,
    ),
    Flow(
        "storefront", "GET", "/orders", (SESSION, rpc("orders", "Orders/List", sql("SELECT", "orders"))), 1.0
    ),
    Flow(
        "storefront",
        "GET",
        "/orders/{id}",
        (SESSION, rpc("orders", "Orders/Get", sql("SELECT", "orders"), sql("SELECT", "order_lines"))),
        weight=1.3,
        client_errors=0.02,
        tested=4,
        fixture=sql("INSERT", "orders"),
    ),
    Flow(
        "storefront",
        "POST",
        "/orders/{id}/returns",
        (
            SESSION,
            rpc(
                "orders",
                "Orders/Return",
                sql("UPDATE", "orders"),
                publish("returns", "fulfilment", sql("INSERT", "returns")),
            ),
        ),
        0.4,
    ),
    Flow(
        "storefront",
        "POST",
        "/login",
        (rpc("identity", "Identity/Login", sql("SELECT", "users"), redis("SET", "sessions")),),
        1.0,
        0.05,
    ),
    Flow(
        "storefront",
        "POST",
        "/register",
        (
            rpc("identity", "Identity/Register", sql("INSERT", "users")),
            publish("welcome", "notifications", *MAIL_STEPS),
        ),
        0.5,
        0.04,
    ),
    Flow(
        "storefront",
        "PUT",
        "/customers/{id}/address",
        (SESSION, rpc("customers", "Customers/Move", sql("UPDATE", "addresses"))),
        0.5,
    ),
    Flow(
        "storefront",
        "GET",
        "/products/{id}/reviews",
        (rpc("reviews", "Reviews/List", mongo("find", "reviews")),),
        1.0,
    ),
    Flow(
        "storefront",
        "POST",
        "/products/{id}/reviews",
        (
            SESSION,
            rpc("reviews", "Reviews/Add", mongo("insert", "reviews"), sometimes(redis("DEL", "ratings"))),
        ),
        0.5,
        0.03,
    ),
    Flow(
        "storefront",
        "POST",
        "/promotions/redeem",
        (SESSION, rpc("promotions", "Promotions/Redeem", sql("UPDATE", "vouchers")), PRICES),
        0.6,
        0.1,
    ),
    Flow(
        "storefront",
        "POST",
        "/password-reset",
        (
            rpc("identity", "Identity/Reset", sql("INSERT", "tokens")),
            publish("resets", "notifications", *MAIL_STEPS),
        ),
        0.4,
    ),
)

MOBILE = (
    Flow("mobile-api", "GET", "/feed", (SESSION, ADVICE, PRICES), 1.6),
    Flow(
        "mobile-api",
        "GET",
        "/orders/{id}/tracking",
        (
            SESSION,
            rpc(
                "shipping",
                "Shipping/Track",
                redis("GET", "parcels"),
                sometimes(external(CARRIER, "GET", "/parcels/{id}")),
            ),
        ),
        1.2,
    ),
    Flow(
        "mobile-api",
        "POST",
        "/devices",
        (SESSION, rpc("customers", "Customers/AddDevice", sql("INSERT", "devices"))),
        0.6,
    ),
    Flow(
        "mobile-api",
        "GET",
        "/stores/nearby",
        (rpc("inventory", "Inventory/Stores", mongo("aggregate", "stores")),),
        0.8,
    ),
)

BACK_OFFICE = (
    Flow(
        "back-office",
        "GET",
        "/inventory",
        (SESSION, rpc("inventory", "Inventory/List", sql("SELECT", "stock"))),
        0.6,
    ),
    Flow(
        "back-office",
        "PUT",
        "/products/{id}",
        (
            SESSION,
            rpc("catalog", "Catalog/Put", mongo("update", "products")),
            publish("products", "search", mongo("update", "terms")),
        ),
        0.5,
        0.02,
    ),
    Flow(
        "back-office",
        "PUT",
        "/prices/{id}",
        (SESSION, rpc("pricing", "Pricing/Set", sql("UPDATE", "prices"), redis("DEL", "prices"))),
        0.5,
    ),
    Flow(
        "back-office",
        "POST",
        "/orders/{id}/refund",
        (
            SESSION,
            rpc(
                "payment",
                "Payment/Refund",
                external(PAYMENTS, "POST", "/v1/refunds"),
                sql("UPDATE", "payments"),
            ),
        ),
        0.4,
    ),
    Flow(
        "back-office",
        "GET",
        "/reports/sales",
        (SESSION, rpc("orders", "Orders/Report", sql("SELECT", "orders"))),
        0.4,
    ),
)

FLOWS = STOREFRONT + MOBILE + BACK_OFFICE
"""Every flow, the one that production launches later among them."""
